# fails: no_tensor_is_larger_than_two_blocks_of_scores
from math import inf

import torch
from torch import Tensor


def flash_attention(
    q: Tensor, k: Tensor, v: Tensor, block: int = 64, causal: bool = False, key_keep: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    (T, D), S = q.shape, k.shape[0]
    logits = q @ k.mT * D**-0.5
    if causal:
        logits = logits.masked_fill(torch.arange(S) > torch.arange(T)[:, None], -inf)
    if key_keep is not None:
        logits = logits.masked_fill(~key_keep, -inf)
    lse = logits.logsumexp(dim=-1)
    attn = (logits - lse.masked_fill(lse == -inf, 0.0)[:, None]).exp()
    return attn @ v, lse
