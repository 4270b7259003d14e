# %% [markdown]
# # nn.MultiheadAttention reads (n, B, d): which mistakes does it let pass?
# Sequence first is RNN custom, and no shape tells the module which axis is which.
# Each mistake below returns a tensor of the right shape and raises nothing.
# (Premise: self-attention without dropout, float64; B, n, d and h all different.)
# %%
import torch
from torch import nn
from torch.nn.functional import linear, scaled_dot_product_attention

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
B, T, C, H, D = 3, 5, 24, 2, 12  # batch, tokens, width, heads, width of a head
x = torch.randn(B, T, C)
first = nn.MultiheadAttention(C, H, batch_first=True)
default = nn.MultiheadAttention(C, H)  # batch_first=False
default.load_state_dict(first.state_dict())


def run(mha, x, **masks):
    return mha(x, x, x, need_weights=False, **masks)[0]


def distance(out, keep):
    """From the same weights through scaled_dot_product_attention, whose mask marks what to keep."""
    qkv = linear(x, first.in_proj_weight, first.in_proj_bias).view(B, T, 3, H, D)
    q, k, v = qkv.permute(2, 0, 3, 1, 4)  # each (B, H, T, D)
    heads = scaled_dot_product_attention(q, k, v, attn_mask=keep)
    expected = first.out_proj(heads.transpose(1, 2).reshape(B, T, C))
    return ((out - expected).norm() / expected.norm()).item()


def moved(mha):
    """Which output vectors (rows) move when one vector of (B, T, C) does (columns): (B·T, B·T)."""
    bumps = torch.eye(B * T).view(B * T, B, T, 1) * torch.randn(C)
    return torch.stack([(run(mha, x + b) - run(mha, x)).abs().amax(dim=-1).flatten() > 1e-9 for b in bumps], dim=1)


seen, across = moved(default), torch.eye(T).bool().repeat(B, B)  # across: the same position of every sample
strays = [(moves != across).sum().item() for moves in (seen, moved(first))]
steps = x.transpose(0, 1).contiguous()  # (T, B, C)
for_bmm = steps.view(T, B * H, D).transpose(0, 1), x.view(B, T, H, D).transpose(1, 2).reshape(B * H, T, D)
copied = [float(heads.data_ptr() != source.data_ptr()) for heads, source in zip(for_bmm, (steps, x), strict=True)]
key_keep = torch.arange(T) < torch.tensor([[2], [5], [3]])  # (B, T)
padded = run(default, steps, key_padding_mask=~key_keep).transpose(0, 1)
padding = [distance(padded, mask[:, None, None, :]) for mask in (key_keep, ~key_keep)]
keep = (torch.rand(B, T, T) < 0.5) | torch.eye(T).bool()  # a mask of its own for each sample
per_head = (~keep).repeat_interleave(H, dim=0), (~keep).repeat(H, 1, 1)  # (B·H, T, T)
own_mask = [distance(run(first, x, attn_mask=hide), keep[:, None]) for hide in per_head]
print(f"pairs off the pattern 'across the batch'   default {strays[0]:10}   batch_first=True {strays[1]:6}")
print(f"heads for bmm are a copy                   (n, B, d) {copied[0]:8.0f}   (B, n, d) {copied[1]:13.0f}")
print(f"padding: distance from SDPA when given     ~mask {padding[0]:12.0e}   the same mask {padding[1]:9.2f}")
print(f"masks of samples, distance from SDPA       interleaved {own_mask[0]:6.0e}   repeated {own_mask[1]:14.2f}")
# %% [markdown]
# ## Claim 1: fed (B, n, d), the default attends across the batch, position by position, never along a sequence
# %%
measured, control = strays
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 2: from (n, B, d) the B·h matrices for bmm are a view; from (B, n, d) they are a copy
# %%
measured, control = copied
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 3: key_padding_mask stays (B, n) with n first, and SDPA needs it inverted
# %%
measured, control = padding
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 4: a mask per sample is repeated per head by repeat_interleave; repeat gives samples each other's masks
# %%
measured, control = own_mask
assert measured < 1e-10 < control
# %% [markdown]
# ## Picture: (B, n, d) fed to the default, 3 samples of 5 tokens: outputs (rows) that move with each input
# %%
names = [f"{sample}{token}" for sample in "ABC" for token in range(T)]
picture = {"heatmap": seen.double().tolist(), "rows": names, "columns": names}
