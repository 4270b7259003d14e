# fails: the_weights_of_a_query_add_up_to_one
import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    D = q.shape[-1]
    out = torch.zeros_like(v)
    for i in range(q.shape[2]):
        keys = k[:, :, i + 1 - window : i + 1]
        values = v[:, :, i + 1 - window : i + 1]
        logits = q[:, :, i : i + 1] @ keys.mT * D**-0.5
        out[:, :, i : i + 1] = logits.softmax(dim=-1) @ values
    return out
