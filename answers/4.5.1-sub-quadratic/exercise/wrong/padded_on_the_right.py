# fails: no_token_sees_the_future
import torch
from torch import Tensor
from torch.nn.functional import pad


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    D = q.shape[-1]
    k, v = (pad(x, (0, 0, 0, window - 1)).unfold(2, window, 1) for x in (k, v))
    logits = torch.einsum("bhtd,bhtdw->bhtw", q, k) * D**-0.5
    position = torch.arange(q.shape[2])[:, None] + torch.arange(window)
    logits = logits.masked_fill(position >= q.shape[2], float("-inf"))
    return torch.einsum("bhtw,bhtdw->bhtd", logits.softmax(dim=-1), v)
