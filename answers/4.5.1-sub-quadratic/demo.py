# %% [markdown]
# # Which approaches reduce the O(n²) of self-attention, and what does each give up?
# A window, blocks chosen by content, low rank, linear attention: the FLOPs of their
# matmuls, how far layers of windows see, and whether a query still finds a key that may
# lie anywhere before it. (Premise: one head, random queries and keys, no training.)
# %%
import torch
from torch.nn.functional import elu, pad
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
torch.set_num_threads(1)
D, E, W, R = 64, 48, 96, 80  # width of q and k, of v; keys in a window; rank
BLOCK, CHOSEN = 8, 12  # keys in a block, blocks chosen: as many keys as in a window
SIZES = 384, 768, 1536, 3072


def attend(q, k, v, keep):
    return (q @ k.mT / D**0.5).masked_fill(~keep, -torch.inf).softmax(dim=-1) @ v


def dense(q, k, v, window=W):
    return attend(q, k, v, torch.ones(len(q), len(q)).tril().triu(1 - window).bool())


def banded(q, k, v, before=True):
    """The window by blocks: W queries meet the W keys of their own block and the W keys before it."""
    places = torch.arange(-W, len(q)).unfold(0, 2 * W, W)[:, None]  # (n / W, 1, 2 W), of the keys
    back = torch.arange(len(q)).view(-1, W, 1) - places  # (n / W, W, 2 W)
    keep = (back >= 0) & (back < W) & (places >= 0) & (before | (torch.arange(2 * W) >= W))
    k, v = (pad(t, (0, 0, W, 0)).unfold(0, 2 * W, W).mT for t in (k, v))  # (n / W, 2 W, D or E)
    return attend(q.unflatten(0, (-1, W)), k, v, keep).flatten(0, 1)


def chosen(q, k, v):
    """Each query meets its own block and, of those before, the ones whose mean key fits it best."""
    place = torch.arange(len(q))[:, None]
    ahead = torch.arange(len(q) // BLOCK) - place // BLOCK  # (n, n / BLOCK)
    fit = q @ k.unflatten(0, (-1, BLOCK)).mean(dim=1).mT  # (n, n / BLOCK): quadratic, but BLOCK times less
    best = fit.masked_fill(ahead > 0, -torch.inf).masked_fill(ahead == 0, torch.inf).topk(CHOSEN).indices
    keys = (best[..., None] * BLOCK + torch.arange(BLOCK)).flatten(1)  # (n, W)
    return attend(q[:, None], k[keys], v[keys], (keys <= place)[:, None]).squeeze(1)


def low_rank(q, k, v):
    mix = torch.randn(R, len(k)) / len(k) ** 0.5  # of all keys, later ones included
    return attend(q, mix @ k, mix @ v, torch.tensor(True))


def linear(q, k, v):
    q, k = elu(q) + 1, elu(k) + 1  # later ones included as well; the causal form is longer
    return q @ (k.mT @ v) / (q @ k.sum(dim=0))[:, None]


def mflops(way, n):
    with FlopCounterMode(display=False) as counter:
        way(*torch.randn(2, n, D), torch.randn(n, E))
    return counter.get_total_flops() / 1e6


def finds(way, n=768, draws=6):
    """How often one of the last n / 2 queries gets the value of the key it asks for, which lies anywhere before it."""
    k, v = torch.randn(draws, n, D), torch.randn(draws, n, E)
    asked = (torch.rand(draws, n) * torch.arange(1, n + 1)).long()
    out = torch.stack([way(2 * k[i, asked[i]], k[i], v[i]) for i in range(draws)])  # (draws, n, E)
    return ((out @ v.mT).argmax(dim=-1) == asked)[:, n // 2 :].double().mean().item()


def reach(windows, n=80):
    """How far back the last output of a stack of layers feels its input."""
    x = h = torch.randn(n, D, dtype=torch.float64, requires_grad=True)
    for window in windows:
        q, k, v = h @ torch.randn(3, D, D, dtype=torch.float64) / D**0.5
        h = h + dense(q, k, v, window)
    h[-1].sum().backward()
    return n - 1 - x.grad.any(dim=-1).nonzero().min().item()


ways = {"all pairs": lambda q, k, v: dense(q, k, v, len(q)), "window, by a mask": dense, "window, by blocks": banded}
ways |= {"blocks by content": chosen, "low rank": low_rank, "linear": linear}
work = {name: [mflops(way, n) for n in SIZES] for name, way in ways.items()}
growth, found = {name: row[2] / row[0] for name, row in work.items()}, {name: finds(way) for name, way in ways.items()}
print("MFLOPs at n =      ", *(f"{n:8}" for n in SIZES), "  growth for 4n   finds the key")
for name, row in work.items():
    print(f"{name:19}", *(f"{m:8.1f}" for m in row), f"{growth[name]:14.2f} {found[name]:15.2f}")
stacks = [8] * 4, [5] * 6  # windows of the layers, first to last
near, far = torch.tensor([[reach(stack), reach([80, *stack[1:]])] for stack in stacks]).T
print(f"layers of windows {stacks} reach back {near.tolist()}; with their first layer full {far.tolist()}")
# %% [markdown]
# ## Claim 1: for 4n tokens, a window by blocks, low rank and linear take 4 times the FLOPs; a window by a mask, 16
# %%
measured = max(growth[name] for name in ("window, by blocks", "low rank", "linear"))
control = growth["window, by a mask"]
assert measured < 4.01 < control
# %% [markdown]
# ## Claim 2: by blocks, the window gives the output that the mask gives; without the block before its own it does not
# %%
q, k, v = *torch.randn(2, 768, D), torch.randn(768, E)
measured, control = ((banded(q, k, v, before) - dense(q, k, v)).abs().max().item() for before in (True, False))
assert measured < 1e-5 < control
# %% [markdown]
# ## Claim 3: L layers of window w reach exactly L(w − 1) tokens back; with one full layer among them, further
# %%
law = torch.tensor([len(stack) * (stack[0] - 1) for stack in stacks])
measured, control = (near - law).abs().max().item(), (far - law).abs().min().item()
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 4: with the same number of keys, a choice by content finds a key anywhere over 80% of the time; a window not
# %%
measured, control = found["blocks by content"], found["window, by blocks"]
assert control < 0.8 < measured
# %% [markdown]
# ## Picture: MFLOPs against tokens
# %%
picture = {"lines": {name: row for name, row in work.items() if name != "window, by a mask"}, "x": SIZES, "log": "xy"}
