# fails: keys_far_behind_are_not_read
import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    scale = q.shape[-1] ** -0.5
    out = []
    for i in range(q.shape[2]):
        logits = q[:, :, i : i + 1] @ k[:, :, : i + 1].mT * scale
        outside = torch.arange(i + 1) <= i - window
        attn = logits.masked_fill(outside, float("-inf")).softmax(dim=-1)
        out.append(attn @ v[:, :, : i + 1])
    return torch.cat(out, dim=2)
