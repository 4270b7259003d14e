import torch
from torch.nn import functional


def flash_attention(q, k, v, block=64, causal=False, key_keep=None):
    """Every block is attention of its own; outputs are merged by their log-sum-exps, tile of queries by tile."""
    finished = [tile_of_queries(q, k, v, start, block, causal, key_keep) for start in range(0, len(q), block)]
    out, lse = zip(*finished, strict=True)
    return torch.cat(out), torch.cat(lse)


def tile_of_queries(q, k, v, first, block, causal, key_keep):
    q = q[first : first + block] / q.shape[-1] ** 0.5
    places = torch.arange(first, first + len(q)).unsqueeze(1)
    out, lse = q.new_zeros(len(q), v.shape[1]), q.new_full((len(q),), float("-inf"))
    for start in range(0, len(k), block):
        if causal and start >= first + block:
            break
        logits = functional.linear(q, k[start : start + block])
        if causal:
            logits = logits.where(torch.arange(start, start + logits.shape[1]) <= places, float("-inf"))
        if key_keep is not None:
            logits = logits.where(key_keep[start : start + block], float("-inf"))
        some = logits.isfinite().any(1)
        if not some.any():
            continue
        rows = some.nonzero().squeeze(1)
        here = logits[rows]
        of_block, value = here.logsumexp(1), here.softmax(1) @ v[start : start + block]
        merged = torch.logaddexp(lse[rows], of_block)
        ours, theirs = (lse[rows] - merged).exp().unsqueeze(1), (of_block - merged).exp().unsqueeze(1)
        out = out.index_copy(0, rows, out[rows] * ours + value * theirs)
        lse = lse.index_copy(0, rows, merged)
    return out, lse
