# %% [markdown]
# # Where should dropout go in a self-attention layer?
# After the softmax every place keeps the expected output, as all that follows is linear; before it
# none does. The places differ in what they drop. (Premise: one head; random queries, keys, values.)
# %%
from collections import namedtuple

import torch
from torch.nn.functional import dropout, scaled_dot_product_attention

torch.manual_seed(0)
torch.set_num_threads(1)
T, S, D, C = 24, 32, 16, 40  # queries, keys, head width, width: all different, so a swapped axis cannot hide
P, DRAWS = 0.1, 4000
Seen = namedtuple("Seen", "bias links channels")
q, k, v, w_o = torch.randn(T, D), torch.randn(S, D), torch.randn(S, D), torch.randn(D, C) / D**0.5
logits = 2 * q @ k.mT / D**0.5  # (T, S), twice as sharp as at the start of training
attn = logits.softmax(dim=-1)


def drop(x, n):
    return dropout(x.expand(n, *x.shape), P, training=True)  # (n, ...): n independent draws


def hide(x, n):
    return x.expand(n, *x.shape).masked_fill(torch.rand(n, *x.shape) < P, -torch.inf)


places = {  # from v to n outputs (n, T, C)
    "after the weights": lambda v, n: drop(attn, n) @ v @ w_o,
    "after the weighted sum": lambda v, n: drop(attn @ v, n) @ w_o,
    "after the output projection": lambda v, n: drop(attn @ v @ w_o, n),
    "before softmax, logits to 0": lambda v, n: drop(logits, n).softmax(dim=-1) @ v @ w_o,
    "before softmax, to -inf": lambda v, n: hide(logits, n).softmax(dim=-1) @ v @ w_o,
}


def watch(place):
    """Relative bias of the mean output; links from query to token that one draw cuts; outputs that it sets to 0."""
    exact, x = attn @ v @ w_o, v.clone().requires_grad_()
    out = place(x, 1)[0]  # (T, C)
    slopes = [torch.autograd.grad(row @ torch.randn(C), x, retain_graph=True)[0] for row in out]  # each (S, D)
    bias = (place(v, DRAWS).mean(dim=0) - exact).norm() / exact.norm()
    links = (torch.stack(slopes).abs().amax(dim=-1) == 0).sum()
    return Seen(bias.item(), links.item(), (out == 0).sum().item())


def twice(dropout_p):
    """How many entries differ between two calls with gradients off, as in evaluation."""
    with torch.no_grad():
        first, second = (scaled_dot_product_attention(q, k, v, dropout_p=dropout_p) for _ in range(2))
    return (first != second).sum().item()


seen = {name: watch(place) for name, place in places.items()}
print(f"dropout of {P}                bias of the mean   links cut of {T * S}   outputs at 0 of {T * C}")
for name, m in seen.items():
    print(f"{name:28} {m.bias:15.3f} {m.links:18} {m.channels:22}")
(weights, summed, projected, zeroed, hidden), (careless, careful) = seen.values(), (twice(P), twice(0.0))
print(f"two evaluations that differ, entries of {T * D}: dropout_p=0.1 {careless}, dropout_p=0.0 {careful}")
# %% [markdown]
# ## Claim 1: dropout in any place after the softmax keeps the mean output within 1%; before the softmax it does not
# %%
measured, control = max(weights.bias, summed.bias, projected.bias), min(zeroed.bias, hidden.bias)
assert measured < 0.01 < control
# %% [markdown]
# ## Claim 2: on the weights, it cuts over 20 of 768 links, token by token; after the sum or W_O it cuts none
# %%
measured, control = weights.links, max(summed.links, projected.links)
assert control < 20 < measured
# %% [markdown]
# ## Claim 3: after W_O, it sets over 5% of the layer's outputs to 0, channel by channel; after the weights or sum, none
# %%
measured, control = (channels / (T * C) for channels in (projected.channels, max(weights.channels, summed.channels)))
assert control < 0.05 < measured
# %% [markdown]
# ## Claim 4: scaled_dot_product_attention drops with gradients off too, unless dropout_p is 0
# %%
measured, control = careless, careful
assert control < 0.5 < measured
