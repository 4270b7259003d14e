# fails: tokens_that_do_not_fit_are_refused
from typing import Any

import torch
from torch import Tensor


def cached_attention(q: Tensor, k_new: Tensor, v_new: Tensor, cache: dict[str, Any]) -> Tensor:
    start, stop = cache["len"], cache["len"] + k_new.shape[2]
    N = cache["k"].shape[2]
    if stop > N:
        for name in "k", "v":
            cache[name].copy_(cache[name].roll(N - stop, dims=2))
        start, stop = max(start + N - stop, 0), N
        k_new, v_new = k_new[:, :, -N:], v_new[:, :, -N:]
    cache["k"][:, :, start:stop] = k_new
    cache["v"][:, :, start:stop] = v_new
    cache["len"] = stop
    G = q.shape[1] // k_new.shape[1]
    k = cache["k"][:, :, :stop].repeat_interleave(G, dim=1)
    v = cache["v"][:, :, :stop].repeat_interleave(G, dim=1)
    T = q.shape[2]
    keep = torch.ones(T, stop, dtype=torch.bool).tril(stop - T)
    logits = q @ k.mT * q.shape[-1] ** -0.5
    return logits.masked_fill(~keep, float("-inf")).softmax(dim=-1) @ v
