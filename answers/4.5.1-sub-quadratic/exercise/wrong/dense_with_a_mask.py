# fails: memory_grows_with_the_window_not_with_the_length
import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    i, j = torch.arange(T)[:, None], torch.arange(T)
    keep = (j <= i) & (j > i - window)
    logits = q @ k.mT * D**-0.5
    return logits.masked_fill(~keep, float("-inf")).softmax(dim=-1) @ v
