import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    """One diagonal after another, with a running maximum: nothing wider than D is kept."""
    T = q.shape[2]
    scale = q.shape[-1] ** -0.5
    top = (q * k).sum(-1, keepdim=True) * scale
    total, out = torch.ones_like(top), v.clone()
    for offset in range(1, min(window, T)):
        score = (q[:, :, offset:] * k[:, :, :-offset]).sum(-1, keepdim=True) * scale
        new_top = torch.maximum(top[:, :, offset:], score)
        shrink = (top[:, :, offset:] - new_top).exp()
        weight = (score - new_top).exp()
        new_total = total[:, :, offset:] * shrink + weight
        new_out = out[:, :, offset:] * shrink + weight * v[:, :, :-offset]
        top = torch.cat([top[:, :, :offset], new_top], dim=2)
        total = torch.cat([total[:, :, :offset], new_total], dim=2)
        out = torch.cat([out[:, :, :offset], new_out], dim=2)
    return out / total
