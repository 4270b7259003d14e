import math

import torch


def flash_attention(q, k, v, block=64, causal=False, key_keep=None):
    """The loops of the first version: outputs are normalised after every block."""
    scale = 1 / math.sqrt(q.size(-1))
    rows = list(range(0, q.size(0), block))
    outs = [torch.zeros(len(q[i : i + block]), v.size(1), dtype=q.dtype) for i in rows]
    sums = [torch.zeros(len(q[i : i + block]), dtype=q.dtype) for i in rows]
    tops = [torch.full((len(q[i : i + block]),), -math.inf, dtype=q.dtype) for i in rows]
    for j in range(0, k.size(0), block):
        keys, values = k[j : j + block], v[j : j + block]
        for at, i in enumerate(rows):
            if causal and j > i:
                continue
            logits = torch.einsum("td,sd->ts", q[i : i + block], keys) * scale
            keep = torch.ones_like(logits, dtype=torch.bool)
            if causal:
                keep = keep.tril(i - j)
            if key_keep is not None:
                keep = keep & key_keep[j : j + block]
            logits = torch.where(keep, logits, torch.finfo(logits.dtype).min)
            top = torch.maximum(tops[at], logits.amax(1))
            weights = (logits - top[:, None]).exp() * keep
            old = sums[at] * (tops[at] - top).exp()
            sums[at] = old + weights.sum(1)
            divisor = torch.where(sums[at] > 0, sums[at], 1)
            outs[at] = (outs[at] * old[:, None] + weights @ values) / divisor[:, None]
            tops[at] = top
    total = torch.cat(sums)
    return torch.cat(outs), torch.cat(tops) + total.log()
