# fails: a_chunk_is_causal_inside_and_sees_the_cache
# bug: places count from the updated len: no key is in the future | 位置从更新后的 len 数起：没有键属于未来
from typing import Any

import torch
from torch import Tensor


def cached_attention(q: Tensor, k_new: Tensor, v_new: Tensor, cache: dict[str, Any]) -> Tensor:
    T = k_new.shape[2]
    if cache["len"] + T > cache["k"].shape[2]:
        raise ValueError(f"no room for {T} more tokens")
    new = slice(cache["len"], cache["len"] + T)
    cache["k"][:, :, new] = k_new
    cache["v"][:, :, new] = v_new
    cache["len"] += T
    G = q.shape[1] // k_new.shape[1]
    k = cache["k"][:, :, : new.stop].repeat_interleave(G, dim=1)
    v = cache["v"][:, :, : new.stop].repeat_interleave(G, dim=1)
    place = cache["len"] + torch.arange(T)
    keep = torch.arange(new.stop) <= place[:, None]
    logits = q @ k.mT * q.shape[-1] ** -0.5
    return logits.masked_fill(~keep, float("-inf")).softmax(dim=-1) @ v
