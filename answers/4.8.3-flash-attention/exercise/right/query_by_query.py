from math import inf

import torch


def flash_attention(q, k, v, block=64, causal=False, key_keep=None):
    """One query at a time; of each block only the usable keys are taken."""
    S = len(k)
    keep = torch.ones(S, dtype=torch.bool) if key_keep is None else key_keep
    outs, lses = [], []
    for i, query in enumerate(q):
        top, total, out = -inf, q.new_zeros(()), 0 * query.sum() + q.new_zeros(v.shape[1])
        stop = i + 1 if causal else S
        for start in range(0, stop, block):
            usable = keep[start : min(start + block, stop)].nonzero().squeeze(-1) + start
            if len(usable):
                scores = k[usable] @ query * q.shape[1] ** -0.5
                higher = max(top, scores.max().item())
                weights, shrink = (scores - higher).exp(), q.new_tensor(top - higher).exp()
                total, out, top = total * shrink + weights.sum(), out * shrink + weights @ v[usable], higher
        outs.append(out / total if total > 0 else out)
        lses.append(top + total.log())
    return torch.stack(outs), torch.stack(lses)
