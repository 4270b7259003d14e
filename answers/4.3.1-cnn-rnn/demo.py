# %% [markdown]
# # How do self-attention, CNNs and RNNs differ in parallelism, distance and cost?
# One causal layer of each: the longest chain of dependent steps, how many layers the last token
# needs to feel the first, FLOPs. (Premise: random weights, one head; an RNN with two matrices.)
# %%
from functools import cache, partial

import torch
from torch.func import jvp
from torch.nn.functional import pad
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
torch.set_num_threads(1)
C, KERNEL = 32, 3  # width, taps of a kernel
weights = torch.randn(4, C, C) / C**0.5


def attention(x):
    q, k, v = x @ weights[:3]  # each (T, C)
    ahead = torch.ones(len(x), len(x)).triu(1).bool()
    return (q @ k.mT / C**0.5).masked_fill(ahead, -torch.inf).softmax(dim=-1) @ v @ weights[3]


def recurrent(x):
    states = [torch.zeros(1, C)]
    for token in x.split(1):
        states.append((token @ weights[0] + states[-1] @ weights[1]).tanh())
    return torch.cat(states[1:])


def convolution(x, dilation=1):
    padded = pad(x, (0, 0, (KERNEL - 1) * dilation, 0))  # zeros before the first token
    return sum(padded[tap * dilation :][: len(x)] @ weights[tap] for tap in range(KERNEL))


def layers_needed(layer_at, x, felt, depth=0):
    """Layers until the last output feels a change of the input; its derivative is carried along, so a zero is exact."""
    if felt[-1].any() or depth == len(x):
        return depth
    return layers_needed(layer_at, *jvp(layer_at(depth), (x,), (felt,)), depth + 1)


def gauge(layer, T):
    """The chain of dependent steps in one layer, and its FLOPs."""
    chain = cache(lambda node: 1 + max((chain(n) for n, _ in node.next_functions if n), default=0))
    with FlopCounterMode(display=False) as counter:
        return chain(layer(torch.randn(T, C, requires_grad=True)).grad_fn), counter.get_total_flops()


layers = {"attention": attention, "projections": lambda x: x @ weights, "RNN": recurrent, "convolution": convolution}
seen = {name: [*gauge(layer, C // 4), *gauge(layer, 2 * C)] for name, layer in layers.items()}
print("Steps and FLOPs at n = d/4, then at n = 2d", *(f"{name:12} {row}" for name, row in seen.items()), sep="\n")
lengths, dilated = (17, 33, 65, 129), lambda depth: partial(convolution, dilation=KERNEL**depth)
stacks = {"attention": lambda _: attention, "dilated": dilated, "convolution": lambda _: convolution}
inputs = [(torch.randn(T, C), torch.eye(T, 1).expand(T, C)) for T in lengths]  # only the first token changes
needed = {name: [layers_needed(layer_at, *x) for x in inputs] for name, layer_at in stacks.items()}
print(f"layers from the first of {lengths} tokens to the last:\n{needed}")
# %% [markdown]
# ## Claim 1: with 8 times the tokens, attention and convolution wait for no more steps; an RNN does
# %%
growth = {name: row[2] / row[0] for name, row in seen.items()}
measured, control = max(growth["attention"], growth["convolution"]), growth["RNN"]
assert measured < 1.01 < control
# %% [markdown]
# ## Claim 2: first and last token are linked by 1 attention layer or ⌈log_k n⌉ dilated convolutions; not by plain ones
# %%
off = (torch.tensor([*needed.values()]) - torch.tensor([[1] * 4] + [[3, 4, 4, 5]] * 2)).abs()  # the least l: 3^l >= n
measured, control = off[:2].max().item(), off[2].min().item()
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 3: at n = d/4 the pairs take fewer FLOPs than an RNN; attention with its projections takes more
# %%
whole, projected, rnn, _ = (row[1] for row in seen.values())
measured, control = (whole - projected) / rnn, whole / rnn
assert measured < 1 < control
# %% [markdown]
# ## Picture: layers from the first token to the last
# %%
picture = {"lines": needed, "x": lengths, "log": "xy"}
