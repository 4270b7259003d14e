import math

import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    out = []
    for i in range(q.size(2)):
        start = max(0, i + 1 - window)
        scores = q[:, :, i : i + 1] @ k[:, :, start : i + 1].transpose(-2, -1) / math.sqrt(q.size(-1))
        out.append(torch.softmax(scores, dim=-1) @ v[:, :, start : i + 1])
    return torch.cat(out, dim=2)
