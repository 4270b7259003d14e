# fails: two_caches_used_in_turns_do_not_disturb_each_other
from typing import Any

import torch
from torch import Tensor

repeated: list[Tensor] = []


def cached_attention(q: Tensor, k_new: Tensor, v_new: Tensor, cache: dict[str, Any]) -> Tensor:
    start, stop = cache["len"], cache["len"] + k_new.shape[2]
    if stop > cache["k"].shape[2]:
        raise ValueError(f"{stop} tokens do not fit into a cache of {cache['k'].shape[2]}")
    cache["k"][:, :, start:stop] = k_new
    cache["v"][:, :, start:stop] = v_new
    cache["len"] = stop
    G = q.shape[1] // k_new.shape[1]
    k_new, v_new = k_new.repeat_interleave(G, dim=1), v_new.repeat_interleave(G, dim=1)
    shape = (q.shape[0], q.shape[1], start, q.shape[3])
    if repeated and repeated[0].shape == shape:
        k, v = torch.cat([repeated[0], k_new], dim=2), torch.cat([repeated[1], v_new], dim=2)
    else:
        k = cache["k"][:, :, :stop].repeat_interleave(G, dim=1)
        v = cache["v"][:, :, :stop].repeat_interleave(G, dim=1)
    repeated[:] = k, v
    keep = torch.arange(stop) <= torch.arange(start, stop)[:, None]
    logits = q @ k.mT * q.shape[-1] ** -0.5
    return logits.masked_fill(~keep, float("-inf")).softmax(dim=-1) @ v
