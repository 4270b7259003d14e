# fails: the_values_are_right_for_every_size_and_block
from math import inf

import torch
from torch import Tensor


def flash_attention(
    q: Tensor, k: Tensor, v: Tensor, block: int = 64, causal: bool = False, key_keep: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    (T, D), (S, Dv) = q.shape, v.shape
    outs, lses = [], []
    for first in range(0, T, block):
        queries = torch.arange(first, min(first + block, T))[:, None]
        q_tile = q[first : first + block]
        top, total, out = q_tile.new_full((len(q_tile), 1), -inf), 0.0, q_tile.new_zeros(len(q_tile), Dv)
        for start in range(0, S, block):
            if causal and start > 0 and start >= queries[-1]:
                break
            tile = slice(start, start + block)
            logits = q_tile @ k[tile].mT * D**-0.5  # (block, block)
            if causal:
                logits = logits.masked_fill(torch.arange(S)[tile] > queries, -inf)
            if key_keep is not None:
                logits = logits.masked_fill(~key_keep[tile], -inf)
            higher = torch.maximum(top, logits.detach().amax(dim=-1, keepdim=True))
            shift = higher.masked_fill(higher == -inf, 0.0)
            attn, shrink = (logits - shift).exp(), (top - shift).exp()
            total = total * shrink + attn.sum(dim=-1, keepdim=True)
            out = out * shrink + attn @ v[tile]
            top = higher
        outs.append(out / total.masked_fill(total == 0, 1.0))
        lses.append((top + total.log()).squeeze(dim=-1))
    return torch.cat(outs), torch.cat(lses)
