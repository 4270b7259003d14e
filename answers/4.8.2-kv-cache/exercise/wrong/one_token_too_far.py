# fails: a_chunk_is_causal_inside_and_sees_the_cache
import torch


def cached_attention(q, k_new, v_new, cache):
    start, stop = cache["len"], cache["len"] + k_new.shape[2]
    if stop > cache["k"].shape[2]:
        raise ValueError("no room")
    cache["k"][:, :, start:stop] = k_new
    cache["v"][:, :, start:stop] = v_new
    cache["len"] = stop
    G = q.shape[1] // k_new.shape[1]
    k = cache["k"][:, :, :stop].repeat_interleave(G, dim=1)
    v = cache["v"][:, :, :stop].repeat_interleave(G, dim=1)
    keep = torch.ones(q.shape[2], stop, dtype=torch.bool).tril(start + 1)
    logits = q @ k.mT * q.shape[-1] ** -0.5
    return logits.masked_fill(~keep, float("-inf")).softmax(dim=-1) @ v
