# fails: what_stands_beyond_len_has_no_influence
from typing import Any

import torch
from torch import Tensor


def cached_attention(q: Tensor, k_new: Tensor, v_new: Tensor, cache: dict[str, Any]) -> Tensor:
    start, stop = cache["len"], cache["len"] + k_new.shape[2]
    if stop > cache["k"].shape[2]:
        raise ValueError(f"{stop} tokens do not fit into a cache of {cache['k'].shape[2]}")
    cache["k"][:, :, start:stop] = k_new
    cache["v"][:, :, start:stop] = v_new
    cache["len"] = stop
    G = q.shape[1] // k_new.shape[1]
    k = cache["k"].repeat_interleave(G, dim=1)
    v = cache["v"].repeat_interleave(G, dim=1)
    empty = k.isnan().any(dim=-1)[:, :, None]
    k, v = k.nan_to_num(0.0), v.nan_to_num(0.0)
    T, N = q.shape[2], k.shape[2]
    filled = (~empty).sum(dim=-1, keepdim=True)
    keep = torch.arange(N) <= torch.arange(T)[:, None] + filled - T
    logits = q @ k.mT * q.shape[-1] ** -0.5
    return logits.masked_fill(~keep, float("-inf")).softmax(dim=-1) @ v
