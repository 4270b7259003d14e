import torch
from torch import Tensor


def shifted(x: Tensor, by: int) -> Tensor:
    """Row t holds token t - by, and zeros where there is none."""
    out = torch.zeros_like(x)
    out[:, :, by:] = x[:, :, : x.shape[2] - by]
    return out


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T = q.shape[2]
    offsets = range(min(window, T))
    position = torch.arange(T)
    diagonals = []
    for offset in offsets:
        score = (q * shifted(k, offset)).sum(-1) * q.shape[-1] ** -0.5  # (B, H, T)
        diagonals.append(torch.where(position >= offset, score, -torch.inf))
    attn = torch.stack(diagonals, dim=-1).softmax(dim=-1)  # (B, H, T, w)
    return sum(attn[..., offset, None] * shifted(v, offset) for offset in offsets)
