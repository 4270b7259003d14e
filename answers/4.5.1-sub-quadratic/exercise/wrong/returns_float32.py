# fails: the_result_has_the_dtype_of_its_inputs
import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    scale = q.shape[-1] ** -0.5
    out = torch.zeros(v.shape)
    for i in range(q.shape[2]):
        seen = slice(max(0, i - window + 1), i + 1)
        logits = q[:, :, i : i + 1] @ k[:, :, seen].mT * scale
        out[:, :, i : i + 1] = logits.softmax(dim=-1) @ v[:, :, seen]
    return out
