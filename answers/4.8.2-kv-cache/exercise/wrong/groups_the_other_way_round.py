# fails: query_head_h_attends_to_head_h_over_g
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
    k, v = cache["k"][:, :, :stop], cache["v"][:, :, :stop]
    q = q.unflatten(1, (-1, k_new.shape[1]))
    keep = torch.arange(stop) <= torch.arange(start, stop)[:, None]
    logits = torch.einsum("bghtd,bhsd->bghts", q, k) * q.shape[-1] ** -0.5
    attn = logits.masked_fill(~keep, float("-inf")).softmax(dim=-1)
    return torch.einsum("bghts,bhsd->bghtd", attn, v).flatten(1, 2)
