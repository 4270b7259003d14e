# fails: the_last_block_may_be_shorter
from math import inf

import torch
from torch import Tensor


def flash_attention(
    q: Tensor, k: Tensor, v: Tensor, block: int = 64, causal: bool = False, key_keep: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    (T, D), S = q.shape, k.shape[0]
    queries, keys = torch.arange(T)[:, None], torch.arange(S)
    outs, lses = [], []
    for start in range(0, S, block):
        tile = slice(start, start + block)
        logits = q @ k[tile].mT * D**-0.5
        if causal:
            logits = logits.masked_fill(keys[tile] > queries, -inf)
        if key_keep is not None:
            logits = logits.masked_fill(~key_keep[tile], -inf)
        outs.append(logits.softmax(dim=-1).nan_to_num(0.0) @ v[tile])
        lses.append(logits.logsumexp(dim=-1))
    return torch.stack(outs).mean(dim=0), torch.stack(lses).logsumexp(dim=0)
