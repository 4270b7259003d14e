# fails: a_masked_key_has_no_part_in_the_maximum
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
        higher = torch.maximum(top, logits.amax(dim=-1, keepdim=True))  # (T, 1)
        attn = (logits - higher).exp()
        if causal:
            attn = attn * (keys[tile] <= queries)
        if key_keep is not None:
            attn = attn * key_keep[tile]
        shrink = (top - higher).exp()
        total = total * shrink + attn.sum(dim=-1, keepdim=True)
        out = out * shrink + attn @ v[tile]  # (T, Dv)
        top = higher
    lse = (top + total.log()).squeeze(dim=-1)  # (T,)
    return out / total.masked_fill(total == 0, 1.0), lse
