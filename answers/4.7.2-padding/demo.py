# %% [markdown]
# # What must a pad mask do, and when is it not needed?
# A batch is right when every real token comes out as with its sequence run alone,
# whatever stands in the pads. (Premise: two layers, random tokens as pads, 2 to 11
# a sequence, positions counted from the first real token, float64.)
# %%
import torch
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
LENGTHS, WIDTH, V, C = torch.tensor([3, 7, 10, 1]), 12, 50, 24
sequences = [torch.randint(V, (n,)) for n in LENGTHS]
tokens, places = torch.cat(sequences), torch.cat([torch.arange(n) for n in LENGTHS])
embed, position = nn.Embedding(V, C), nn.Embedding(WIDTH, C)
layers = [(nn.LayerNorm(C), nn.Linear(C, 3 * C), nn.Linear(C, C)) for _ in range(2)]
everywhere = torch.ones(len(tokens), len(tokens)).bool()
look = {"both ways": everywhere, "causal": everywhere.tril()}  # (T, S), True where a query may look at a key


def encode(ids, places, keep, depth=2, empty_to_zero=True):
    x = embed(ids) + position(places)  # (B, T, C)
    for norm, qkv, out in layers[:depth]:
        q, k, v = qkv(norm(x)).chunk(3, dim=-1)
        attn = (q @ k.mT / C**0.5).masked_fill(~keep, float("-inf")).softmax(dim=-1)  # (B, T, S)
        x = x + out(attn.masked_fill(~keep & empty_to_zero, 0.0) @ v)
    return x


def pad(side, way, masked=True, **how):
    """Outputs at the real tokens of a padded batch."""
    real = (torch.arange(WIDTH) < LENGTHS[:, None]).flip(1 if side == "left" else ())  # (B, S)
    ids = torch.randint(V, real.shape).masked_scatter(real, tokens)
    keep = look[way][:WIDTH, :WIDTH] & (real[:, None, :] | (not masked))  # (B, T, S): pads are struck out as keys
    return encode(ids, (real.cumsum(dim=1) - 1).clamp(min=0), keep, **how)[real]


def error(outputs, way="causal"):
    """Distance from the outputs of the sequences run alone, relative to the latter."""
    alone = torch.cat([encode(s, torch.arange(len(s)), look[way][: len(s), : len(s)]) for s in sequences])
    return ((outputs - alone).norm() / alone.norm()).item()


blocks = torch.block_diag(*[torch.ones(n, n).tril() for n in LENGTHS]).bool()
both_ways = [error(pad("right", "both ways", masked), "both ways") for masked in (True, False)]
left, right = ([error(pad(side, "causal", masked)) for masked in (True, False)] for side in ("left", "right"))
packed = [error(encode(tokens, places, keep)) for keep in (blocks, look["causal"])]
how = {"depth": 1, "empty_to_zero": False}, {"empty_to_zero": False}, {}
nans = [pad("left", "causal", **it).isnan().any(dim=-1).double().mean().item() for it in how]
names = "pads right, both ways", "pads left, causal", "pads right, causal", "packed, causal"
print("relative error            mask   no mask")
for name, (masked, bare) in zip(names, (both_ways, left, right, packed), strict=True):
    print(f"{name:22} {masked:7.0e} {bare:9.1e}")
print("real tokens NaN: one layer {:.0%}, two {:.0%}, two with empty rows set to 0 {:.0%}".format(*nans))
# %% [markdown]
# ## Claim 1: with pads struck out as keys, a padded batch gives what its sequences give alone; else it does not
# %%
measured, control = max(both_ways[0], left[0]), min(both_ways[1], left[1])
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 2: under a causal mask, pads on the right need no pad mask; pads on the left do
# %%
measured, control = right[1], left[1]
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 3: queries without a key turn every real token of their sequence into NaN, but only in the next layer
# %%
measured, control = nans[1], max(nans[0], nans[2])
assert control < 0.5 < measured
# %% [markdown]
# ## Claim 4: packed end to end, sequences stay apart under a block-diagonal causal mask, not under a plain one
# %%
measured, control = packed
assert measured < 1e-10 < control
# %% [markdown]
# ## Picture: who (row) may look at whom (column) when sequences of 3, 7, 10 and 1 tokens share one row
# %%
names = [f"{letter}{i}" for letter, n in zip("abcd", LENGTHS, strict=True) for i in range(n)]
picture = {"heatmap": blocks.double().tolist(), "rows": names, "columns": names}
