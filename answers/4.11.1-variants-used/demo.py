# %% [markdown]
# # Attention variants: what does each save, and does it compute what it should?
# Where it should equal a known one, it must. (Premise: one layer, random tensors, no positions, no rotation in MLA.)
# %%
import torch
from torch.nn.functional import scaled_dot_product_attention as library
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
C, H, G, D, R, P = 512, 8, 2, 64, 128, 32  # model width, heads, K/V heads of GQA, head width; MLA's latent and rotary
N, M, W, T = 4096, 1024, 256, 48  # keys in a cache, of another sequence, in a window; tokens of the tests


def attend(q, k, v, width=D, window=N):
    """Causal attention of H heads of q to fewer of k and v; the last query stands at the last key."""
    apart = (torch.arange(q.shape[1]) + k.shape[1] - q.shape[1])[:, None] - torch.arange(k.shape[1])  # (T, S)
    logits = q.unflatten(0, (len(k), -1)) @ k[:, None].mT / width**0.5  # (G, H / G, T, S)
    attn = logits.masked_fill((apart < 0) | (apart >= window), -torch.inf).softmax(dim=-1)
    return (attn @ v[:, None]).flatten(0, 1)  # (H, T, width of v)


def latent(q, cache, absorbed=True, width=D + P):
    """MLA; absorbed, it is MQA whose one key is the whole cache, (S, R + P), and whose value is the latent part."""
    low, plain, turned = cache[:, :R], q[..., :D], q[..., D:]
    if absorbed:
        return attend(torch.cat([plain @ up_k.mT, turned], dim=-1), cache[None], low[None], width) @ up_v
    return attend(q, torch.cat([low @ up_k, cache[:, R:].expand(H, -1, -1)], dim=-1), low @ up_v, width)


up_k, up_v, u = *torch.randn(2, H, R, D) / R**0.5, torch.rand(H, 1, D)  # of MLA; key and value of a new token
variants = {  # weights applied to the new token, other weights, width of q, cache, how it is read
    "MHA": (4 * C * C, 0, D, [(H, N, D)] * 2, attend),
    "GQA": (2 * C * C + 2 * C * G * D, 0, D, [(G, N, D)] * 2, attend),
    "MQA": (2 * C * C + 2 * C * D, 0, D, [(1, N, D)] * 2, attend),
    "MLA": (C * H * (D + P) + C * (R + P) + C * C, 2 * H * R * D, D + P, [(N, R + P)], latent),
    "window": (4 * C * C, 0, D, [(H, W, D)] * 2, attend),
    "linear": (4 * C * C, 0, D, [(H, D, D), (H, 1, D)], lambda q, s, z: q @ (s + u.mT @ u) / (q @ (z + u).mT)),
    "cross": (2 * C * C, 2 * C * C, D, [(H, M, D)] * 2, attend),
}
kib, flops = {}, {}
for name, (applied, others, width, shapes, read) in variants.items():
    cache = [torch.rand(shape) for shape in shapes]
    with FlopCounterMode(display=False) as counter:
        read(torch.randn(H, 1, width), *cache)
    kib[name], flops[name] = sum(t.numel() for t in cache) / 512, 2 * applied + counter.get_total_flops()  # 16 bits
    row = f"{applied + others:8} weights, {kib[name]:5.0f} KiB of cache ({kib[name] / kib['MHA']:.3f})"
    print(f"{name:7} {row}, {flops[name]:9} FLOPs a step ({flops[name] / flops['MHA']:.3f})")
q, k, v = torch.randn(3, H, T, D)
# %% [markdown]
# ## Claim 1: GQA and MQA are MHA with each K/V head repeated next to itself; GQA's heads tiled in turn are not
# %%
near = {n: [t[:n].repeat_interleave(H // n, dim=0) for t in (k, v)] for n in (1, G)}
measured = max(torch.dist(attend(q, k[:n], v[:n]), library(q, *near[n], is_causal=True)) for n in near)
control = torch.dist(attend(q, k[:G], v[:G]), attend(q, *(t[:G].repeat(H // G, 1, 1) for t in (k, v))))
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 2: a rolling cache equals its window mask, a window over all tokens the library; one of 16 does not
# %%
full, narrow, wide = library(q, k, v, is_causal=True), *(attend(q, k, v, window=size) for size in (16, T))
rolled = [attend(q[:, t : t + 1], *(cache[:, : t + 1][:, -16:] for cache in (k, v))) for t in range(T)]
measured, control = max(torch.dist(torch.cat(rolled, dim=1), narrow), torch.dist(wide, full)), torch.dist(narrow, full)
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 3: MLA with absorbed projections equals MLA with expanded keys and values, but not if scaled by its latent
# %%
q, cache = torch.randn(H, T, D + P), torch.randn(T, R + P)
measured, control = (torch.dist(latent(q, cache, True, w), latent(q, cache, absorbed=False)) for w in (D + P, R + P))
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 4: GQA, MQA and MLA keep over 0.8 of the FLOPs of a step of MHA; a window and a linear state do not
# %%
measured = min(flops["GQA"], flops["MQA"], flops["MLA"]) / flops["MHA"]
control = max(flops["window"], flops["linear"]) / flops["MHA"]
assert control < 0.8 < measured
# %% [markdown]
# ## Picture: cache of one layer after 4096 tokens
# %%
picture = {"bars": kib, "unit": "KiB"}
