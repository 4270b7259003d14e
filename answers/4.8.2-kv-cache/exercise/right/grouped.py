import math

import torch


def cached_attention(q, k_new, v_new, cache):
    B, H, T, D = q.shape
    n, Hkv = cache["len"], k_new.shape[1]
    slots = torch.arange(n, n + T)
    if n + T > cache["k"].size(2):
        raise ValueError(f"no room for {T} more")
    cache["k"].index_copy_(2, slots, k_new)
    cache["v"].index_copy_(2, slots, v_new)
    cache.update(len=n + T)
    k, v = cache["k"][..., : n + T, :], cache["v"][..., : n + T, :]
    queries = q.view(B, Hkv, H // Hkv, T, D) / math.sqrt(D)
    logits = torch.einsum("bkgtd,bksd->bkgts", queries, k)
    future = torch.arange(n + T) > slots[:, None]
    logits = logits + torch.zeros(T, n + T, dtype=q.dtype).masked_fill(future, -math.inf)
    return torch.einsum("bkgts,bksd->bkgtd", torch.softmax(logits, -1), v).reshape(B, H, T, D)
