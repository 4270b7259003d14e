# fails: every_block_of_keys_is_reached
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
        higher = torch.maximum(top, logits.amax(dim=-1, keepdim=True))  # (T, 1)
        shift = higher.masked_fill(higher == -inf, 0.0)
        attn, shrink = (logits - shift).exp(), (top - shift).exp()
        total = total * shrink + attn.sum(dim=-1, keepdim=True)
        out = (out * shrink + attn @ v[tile]) / total.masked_fill(total == 0, 1.0)  # (T, Dv)
        top = higher
    return out, (top + total.log()).squeeze(dim=-1)
