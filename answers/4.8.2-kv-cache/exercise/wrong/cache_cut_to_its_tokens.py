# fails: new_keys_and_values_go_into_the_slots_from_len_on
from typing import Any

import torch
from torch import Tensor


def cached_attention(q: Tensor, k_new: Tensor, v_new: Tensor, cache: dict[str, Any]) -> Tensor:
    start, stop = cache["len"], cache["len"] + k_new.shape[2]
    if stop > cache["k"].shape[2]:
        raise ValueError(f"{stop} tokens do not fit into a cache of {cache['k'].shape[2]}")
    cache["k"][:, :, start:stop] = k_new
    cache["v"][:, :, start:stop] = v_new
    cache["k"], cache["v"] = cache["k"][:, :, :stop], cache["v"][:, :, :stop]
    cache["len"] = stop
    G = q.shape[1] // k_new.shape[1]
    k = cache["k"][:, :, :stop].repeat_interleave(G, dim=1)
    v = cache["v"][:, :, :stop].repeat_interleave(G, dim=1)
    keep = torch.arange(stop) <= torch.arange(start, stop)[:, None]
    logits = q @ k.mT * q.shape[-1] ** -0.5
    return logits.masked_fill(~keep, float("-inf")).softmax(dim=-1) @ v
