import torch


class Flash(torch.autograd.Function):
    """Keeps the log-sum-exp alone, and computes the weights again in the backward pass."""

    @staticmethod
    def forward(ctx, q, k, v, block, causal, key_keep):
        top = torch.full((len(q),), -torch.inf, dtype=q.dtype)
        total, out = torch.zeros_like(top), q.new_zeros(len(q), v.shape[1])
        for start in range(0, len(k), block):
            logits = scores(q, k, start, block, causal, key_keep)
            higher = torch.maximum(top, logits.amax(1))
            shift = higher.nan_to_num(neginf=0.0)
            weights = logits.sub_(shift[:, None]).exp_()
            shrink = torch.exp(top - shift)
            total.mul_(shrink).add_(weights.sum(1))
            out.mul_(shrink[:, None]).addmm_(weights, v[start : start + block])
            top = higher
        out /= total.masked_fill(total == 0, 1)[:, None]
        lse = top + total.log()
        ctx.save_for_backward(q, k, v, out, lse)
        ctx.rest = block, causal, key_keep
        ctx.mark_non_differentiable(lse)
        return out, lse

    @staticmethod
    def backward(ctx, upstream, _):
        q, k, v, out, lse = ctx.saved_tensors
        block, causal, key_keep = ctx.rest
        shift = lse.nan_to_num(neginf=0.0)[:, None]
        mean = (upstream * out).sum(1, keepdim=True)
        dq, dk, dv = torch.zeros_like(q), torch.zeros_like(k), torch.zeros_like(v)
        for start in range(0, len(k), block):
            tile = slice(start, start + block)
            weights = (scores(q, k, start, block, causal, key_keep) - shift).exp()
            slope = weights * (upstream @ v[tile].T - mean) * q.shape[1] ** -0.5
            dq += slope @ k[tile]
            dk[tile], dv[tile] = slope.T @ q, weights.T @ upstream
        return dq, dk, dv, None, None, None


def scores(q, k, start, block, causal, key_keep):
    logits = q @ k[start : start + block].T * q.shape[1] ** -0.5
    if causal:
        logits.masked_fill_(torch.ones_like(logits, dtype=torch.bool).triu(1 - start), -torch.inf)
    if key_keep is not None:
        logits.masked_fill_(~key_keep[start : start + block], -torch.inf)
    return logits


def flash_attention(q, k, v, block=64, causal=False, key_keep=None):
    return Flash.apply(q, k, v, block, causal, key_keep)
