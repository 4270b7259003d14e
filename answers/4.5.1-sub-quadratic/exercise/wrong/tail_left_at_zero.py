# fails: every_token_gets_an_output
import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    w = min(window, T)
    out = torch.zeros_like(v)
    for number in range(T // w):
        start, stop = number * w, (number + 1) * w
        first = max(0, start - w + 1)
        i, j = torch.arange(start, stop)[:, None], torch.arange(first, stop)
        keep = (i - w < j) & (j <= i)
        logits = (q[:, :, start:stop] @ k[:, :, first:stop].mT * D**-0.5).masked_fill(~keep, float("-inf"))
        out[:, :, start:stop] = logits.softmax(dim=-1) @ v[:, :, first:stop]
    return out
