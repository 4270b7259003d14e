import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    w = min(window, T)
    index = torch.arange(T).unsqueeze(1) - torch.arange(w).unsqueeze(0)  # (T, w), newest first
    valid = index >= 0
    index = index.clamp(min=0)
    logits = (q.unsqueeze(3) * k[:, :, index]).sum(-1) * D**-0.5
    logits = logits.masked_fill(~valid, -1e30)
    attn = torch.exp(logits - logits.amax(-1, keepdim=True)) * valid
    attn = attn / attn.sum(-1, keepdim=True)
    return (attn.unsqueeze(-1) * v[:, :, index]).sum(3)
