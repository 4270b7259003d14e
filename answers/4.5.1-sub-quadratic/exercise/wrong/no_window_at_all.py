# fails: a_query_sees_its_window_and_nothing_else
import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    logits = q @ k.mT * D**-0.5
    keep = torch.ones(T, T, dtype=torch.bool).tril()
    return logits.masked_fill(~keep, float("-inf")).softmax(dim=-1) @ v
