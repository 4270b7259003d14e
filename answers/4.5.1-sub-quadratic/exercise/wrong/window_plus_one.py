# fails: a_query_sees_its_window_and_nothing_else
import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    scale = q.shape[-1] ** -0.5
    out = []
    for i in range(q.shape[2]):
        seen = slice(max(0, i - window), i + 1)
        logits = q[:, :, i : i + 1] @ k[:, :, seen].mT * scale
        out.append(logits.softmax(dim=-1) @ v[:, :, seen])
    return torch.cat(out, dim=2)
