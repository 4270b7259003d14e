import torch
from torch import Tensor
from torch.nn.functional import pad


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    window = min(window, T)
    k, v = (pad(x, (0, 0, window - 1, 0)).unfold(2, window, 1) for x in (k, v))  # (B, H, T, D, w)
    logits = torch.einsum("bhtd,bhtdw->bhtw", q, k) / D**0.5
    position = torch.arange(T)[:, None] - window + 1 + torch.arange(window)  # (T, w)
    logits = logits.masked_fill(position < 0, torch.finfo(q.dtype).min)
    return torch.einsum("bhtw,bhtdw->bhtd", logits.softmax(dim=-1), v)
