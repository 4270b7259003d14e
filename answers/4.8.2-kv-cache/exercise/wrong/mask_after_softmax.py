# fails: a_chunk_is_causal_inside_and_sees_the_cache
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
    k = cache["k"][:, :, :stop].repeat_interleave(G, dim=1)
    v = cache["v"][:, :, :stop].repeat_interleave(G, dim=1)
    keep = torch.arange(stop) <= torch.arange(start, stop)[:, None]
    logits = q @ k.mT * q.shape[-1] ** -0.5
    return logits.softmax(dim=-1).masked_fill(~keep, 0.0) @ v
