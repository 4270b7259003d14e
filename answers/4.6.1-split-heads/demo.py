# %% [markdown]
# # Splitting heads: transpose first, or split first?
# Split first: view the width as (heads, head width), then make heads a batch axis; only the merge
# transposes first. A view alone cuts the sequence. (Premise: contiguous activations, float64.)
# %%
import torch

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
B, T, H, D, C = 2, 12, 4, 5, 20  # batch, tokens, heads, head width, width: all different, so no swap can hide
splits = {  # (B, T, C) to (B, H, T, D)
    "view, transpose": lambda x: x.view(B, T, H, D).transpose(1, 2),
    "transpose, view": lambda x: x.transpose(1, 2).view(B, H, D, T).transpose(2, 3),  # splits the width all the same
    "view alone": lambda x: x.view(B, H, T, D),
}
merges = {  # (B, H, T, D) to (B, T, C)
    "transpose, reshape": lambda heads: heads.transpose(1, 2).reshape(B, T, C),
    "reshape alone": lambda heads: heads.reshape(B, T, C),  # undoes "view alone", and so passes a round trip
}
ways = RIGHT, BAD_MERGE, RIGHT_TOO, _, BAD_SPLIT, BOTH_BAD = [(split, merge) for split in splits for merge in merges]
library = torch.nn.MultiheadAttention(C, H, bias=False, batch_first=True)
x, future = torch.randn(B, T, C, requires_grad=True), torch.ones(T, T).triu(1).bool()
expected = library(x, x, x, need_weights=False)[0]


def slots(split):
    """Which token, and which block of its channels, a split puts into each slot (h, t): (2, H, T)."""
    labels = torch.arange(T).view(T, 1).expand(T, C), torch.arange(H).repeat_interleave(D).expand(T, C)
    return torch.stack([splits[split](each.expand(B, T, C).contiguous())[0, :, :, 0] for each in labels])


def attend(split, merge, causal=False):
    qkv = (x @ library.in_proj_weight.mT).chunk(3, dim=-1)
    q, k, v = (splits[split](t.contiguous()) for t in qkv)  # each (B, H, T, D)
    attn = (q @ k.mT / D**0.5).masked_fill(future & causal, -torch.inf).softmax(dim=-1)  # (B, H, T, T)
    return library.out_proj(merges[merge](attn @ v))


def felt(*way, causal=False):
    """Which tokens (columns) the output at each token (rows) depends on: (T, T)."""
    outs = attend(*way, causal).mul(torch.randn(B, T, C)).sum(dim=(0, 2))
    slopes = [torch.autograd.grad(out, x, retain_graph=True)[0] for out in outs]  # each (B, T, C)
    return torch.stack(slopes).abs().amax(dim=(1, 3)) > 0


home = torch.stack(torch.meshgrid(torch.arange(T), torch.arange(H), indexing="xy"))  # (2, H, T)
wrong = {split: (slots(split) != home).any(dim=0).sum().item() for split in splits}
error = {way: ((attend(*way) - expected).norm() / expected.norm()).item() for way in ways}
leaks = {way: (felt(*way, causal=True) & future).sum().item() for way in ways}
print(f"split            merge               wrong of {H * T}    error  tokens felt  leaks if causal")
for way in ways:
    print(f"{way[0]:16} {way[1]:18} {wrong[way[0]]:12} {error[way]:8.0e} {felt(*way).sum() // T:12} {leaks[way]:12}")
# %% [markdown]
# ## Claim 1: view, then transpose puts block h of token t in every slot (h, t); the view alone misses 46 slots of 48
# %%
measured, control = wrong["view, transpose"], wrong["view alone"]
assert measured < 45.5 < control
# %% [markdown]
# ## Claim 2: splitting the width in either order gives the library's output; the view or the reshape alone does not
# %%
measured, control = max(error[RIGHT], error[RIGHT_TOO]), min(error[way] for way in (BAD_MERGE, BAD_SPLIT, BOTH_BAD))
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 3: with view and reshape alone, a token depends on all T/H tokens of its own piece, on no others
# %%
piece = torch.arange(T) // (T // H)
measured, control = ((felt(*way) != (piece == piece.view(T, 1))).sum().item() for way in (BOTH_BAD, RIGHT))
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 4: under a causal mask one wrong step of the two leaks the future; both right or both wrong leak nothing
# %%
measured, control = min(leaks[BAD_MERGE], leaks[BAD_SPLIT]), max(leaks[RIGHT], leaks[RIGHT_TOO], leaks[BOTH_BAD])
assert control < 0.5 < measured
# %% [markdown]
# ## Picture: the token in each slot, by head (rows): split rightly, then by a view alone
# %%
rows = torch.cat([slots(split)[0] for split in ("view, transpose", "view alone")])  # (2 H, T)
names = [f"{name} {h}" for name in ("right", "view") for h in range(H)]
picture = {"heatmap": rows.tolist(), "rows": names, "columns": [str(t) for t in range(T)]}
