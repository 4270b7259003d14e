# fails: gradients_stay_finite_without_a_usable_key
# bug: where hides the 0/0 going forward, not coming back | where 在前向遮住了 0/0，反向时 NaN 还会出现
from math import inf

import torch
from torch import Tensor


def flash_attention(
    q: Tensor, k: Tensor, v: Tensor, block: int = 64, causal: bool = False, key_keep: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    (T, D), (S, Dv) = q.shape, v.shape
    top, total, out = q.new_full((T, 1), -inf), q.new_zeros(T, 1), q.new_zeros(T, Dv)
    queries, keys = torch.arange(T)[:, None], torch.arange(S)
    for start in range(0, S, block):
        tile = slice(start, start + block)
        logits = q @ k[tile].mT * D**-0.5  # (T, block)
        if causal:
            logits = logits.masked_fill(keys[tile] > queries, -inf)
        if key_keep is not None:
            logits = logits.masked_fill(~key_keep[tile], -inf)
        higher = torch.maximum(top, logits.detach().amax(dim=-1, keepdim=True))  # (T, 1)
        shift = higher.masked_fill(higher == -inf, 0.0)
        attn = (logits - shift).exp()
        shrink = (top - shift).exp()
        total = total * shrink + attn.sum(dim=-1, keepdim=True)
        out = out * shrink + attn @ v[tile]  # (T, Dv)
        top = higher
    lse = (top + total.log()).squeeze(dim=-1)  # (T,)
    return torch.where(total > 0, out / total, 0.0), lse
