# fails: the_weights_of_a_query_add_up_to_one
import torch
from torch import Tensor
from torch.nn.functional import pad


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    D = q.shape[-1]
    k, v = (pad(x, (0, 0, window - 1, 0)).unfold(2, window, 1) for x in (k, v))
    logits = torch.einsum("bhtd,bhtdw->bhtw", q, k) * D**-0.5
    attn = logits.softmax(dim=-1)
    return torch.einsum("bhtw,bhtdw->bhtd", attn, v)
