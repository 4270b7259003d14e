# fails: a_chunk_is_causal_inside_and_sees_the_cache
# bug: is_causal aligns at the upper left: later chunks miss the cache | is_causal 按左上角对齐：后来的块漏看缓存
from typing import Any

from torch import Tensor
from torch.nn import functional


def cached_attention(q: Tensor, k_new: Tensor, v_new: Tensor, cache: dict[str, Any]) -> Tensor:
    start, stop = cache["len"], cache["len"] + k_new.shape[2]
    if stop > cache["k"].shape[2]:
        raise ValueError(f"{stop} tokens do not fit into a cache of {cache['k'].shape[2]}")
    cache["k"][:, :, start:stop] = k_new
    cache["v"][:, :, start:stop] = v_new
    cache["len"] = stop
    k, v = cache["k"][:, :, :stop], cache["v"][:, :, :stop]
    causal = q.shape[2] > 1
    return functional.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=True)
