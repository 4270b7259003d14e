# fails: no_tensor_is_larger_than_two_blocks_of_scores
from math import inf

import torch
from torch import Tensor


def flash_attention(
    q: Tensor, k: Tensor, v: Tensor, block: int = 64, causal: bool = False, key_keep: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    (T, D), S = q.shape, k.shape[0]
    outs, lses = [], []
    for first in range(0, T, block):
        logits = q[first : first + block] @ k.mT * D**-0.5  # (block, S)
        if causal:
            queries = torch.arange(first, first + logits.shape[0])[:, None]
            logits = logits.masked_fill(torch.arange(S) > queries, -inf)
        if key_keep is not None:
            logits = logits.masked_fill(~key_keep, -inf)
        outs.append(logits.softmax(dim=-1).nan_to_num(0.0) @ v)
        lses.append(logits.logsumexp(dim=-1))
    return torch.cat(outs), torch.cat(lses)
