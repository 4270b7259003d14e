# %% [markdown]
# # What does a KV cache save, what does it cost, and is it exact?
# Attention layers with RoPE append keys and values to a cache; without one, they rerun
# the whole prefix. (Premise: causal, so that nothing cached ever changes; float64.)
# %%
from itertools import pairwise

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import rms_norm, scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
L, B, C, H, KV, D = 3, 2, 160, 8, 2, 16  # layers, sequences, model width, query heads, K/V heads, width of a head
layers = [(torch.randn(C, (H + 2 * KV) * D) / C**0.5, torch.randn(H * D, C) / C**0.5) for _ in range(L)]


def run(x, start, cache, rope=1, mask=1):
    """Tokens start, start + 1, ... through all layers. With 0, RoPE or the mask begins anew in each call."""
    T, stop = x.shape[1], start + x.shape[1]
    turns = (1j * (torch.arange(T) + start * rope)[:, None] * 1e4 ** (-torch.arange(0, D, 2) / D)).exp()  # (T, D / 2)
    keep = torch.arange(stop) <= (torch.arange(T) + start * mask)[:, None]  # (T, S)
    for i, (w_qkv, w_o) in enumerate(layers):
        qkv = (rms_norm(x, (C,)) @ w_qkv).unflatten(-1, (-1, D)).transpose(1, 2)  # (B, H + 2 KV, T, D)
        q, k, v = qkv.split([H, KV, KV], dim=1)
        q, k = (torch.view_as_real(torch.view_as_complex(t.unflatten(-1, (-1, 2))) * turns).flatten(-2) for t in (q, k))
        cache[i, ..., start:stop, :] = torch.stack([k, v])
        k, v = cache[i, ..., :stop, :].repeat_interleave(H // KV, dim=2)  # each (B, H, S, D)
        x = x + scaled_dot_product_attention(q, k, v, attn_mask=keep).transpose(1, 2).flatten(2) @ w_o  # (B, T, C)
    return x


def generate(**mistake):
    """A prompt in two pieces, then token by token: the error against all at once, and bytes cached for each."""
    cache = torch.full((L, 2, B, KV, 40, D), torch.nan)  # whoever reads a place not yet written gets NaN
    outs = [run(x[:, start:stop], start, cache, **mistake) for start, stop in pairwise((0, 16, *range(21, 41)))]
    error = (torch.cat(outs, dim=1) - whole).norm() / whole.norm()
    return error.item(), cache.isfinite().sum().item() * cache.itemsize / (B * 40)


def work(t, sequences=1, cached=True):
    """FLOPs for the t-th token of each sequence: with weights, with the cache; and both for each byte of those."""
    T, cache = 1 if cached else t, torch.randn(L, 2, sequences, KV, t, D)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):  # it cannot see into fused kernels
        run(torch.randn(sequences, T, C), t - T, cache)
    weights, attention = (counter.get_flop_counts()["Global"][op] for op in (torch.ops.aten.mm, torch.ops.aten.bmm))
    return weights, attention, weights / sum(w.nbytes for pair in layers for w in pair), attention / cache.nbytes


x = torch.randn(B, 40, C)
whole = run(x, 0, torch.empty(L, 2, B, KV, 40, D))
(error, nbytes), (late, _), (blind, _) = generate(), generate(rope=0), generate(mask=0)
one, many = work(512), work(512, sequences=16)
print(f"error {error:.0e}; positions anew in each call {late:.2f}, mask anew {blind:.2f}; {nbytes:.0f} bytes a token")
print("token   MFLOPs with weights       with the cache  rerunning the prefix")
for t in 1, 8, 64, 512:
    print(f"{t:5}", *(f"{n / 1e6:20.2f}" for n in (*work(t)[:2], sum(work(t, cached=False)[:2]))))
print(f"FLOPs a byte, 1 and 16 sequences: weights {one[2]:.2f}, {many[2]:.2f}; cache {one[3]:.2f}, {many[3]:.2f}")
# %% [markdown]
# ## Claim 1: with a cache, in pieces or token by token, the output is that of the whole sequence at once
# %%
measured, control = error, min(late, blind)
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 2: the cache holds 2·L·h_kv·d_k numbers for each token, with h_kv the K/V heads, not the query heads
# %%
measured, control = (abs(nbytes / (2 * L * heads * D * 8) - 1) for heads in (KV, H))
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 3: for token 512, rerunning the prefix takes over 300 times the FLOPs of a cached step; for token 1 not
# %%
measured, control = (sum(work(t, cached=False)[:2]) / sum(work(t)[:2]) for t in (512, 1))
assert control < 300 < measured
# %% [markdown]
# ## Claim 4: 16 sequences at once do over 10 times the FLOPs of one for each byte of weights, but not of cache
# %%
measured, control = many[2] / one[2], many[3] / one[3]
assert control < 10 < measured
