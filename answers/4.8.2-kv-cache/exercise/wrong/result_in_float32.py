# fails: the_result_is_like_q
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
    out = torch.zeros(q.shape)
    for t in range(q.shape[2]):
        seen = start + t + 1
        logits = q[:, :, t : t + 1] @ k[:, :, :seen].mT * q.shape[-1] ** -0.5
        out[:, :, t : t + 1] = logits.softmax(dim=-1) @ v[:, :, :seen]
    return out
