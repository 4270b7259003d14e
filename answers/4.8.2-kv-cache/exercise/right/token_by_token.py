import torch


def cached_attention(q, k_new, v_new, cache):
    if cache["k"].shape[2] - cache["len"] < q.shape[2]:
        raise ValueError("out of slots")
    group = q.shape[1] // k_new.shape[1]
    outs = []
    for t in range(q.shape[2]):
        cache["k"][:, :, cache["len"]] = k_new[:, :, t]
        cache["v"][:, :, cache["len"]] = v_new[:, :, t]
        cache["len"] += 1
        heads = []
        for h in range(q.shape[1]):
            k = cache["k"][:, h // group, : cache["len"]]
            v = cache["v"][:, h // group, : cache["len"]]
            scores = (k * q[:, h, t, None]).sum(-1) / q.shape[-1] ** 0.5
            weights = (scores - scores.amax(-1, keepdim=True)).exp()
            weights = weights / weights.sum(-1, keepdim=True)
            heads.append((weights[:, :, None] * v).sum(1))
        outs.append(torch.stack(heads, dim=1))
    return torch.stack(outs, dim=2)
