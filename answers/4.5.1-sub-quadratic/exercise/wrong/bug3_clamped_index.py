# fails: a_window_longer_than_the_sequence_is_causal_attention
# bug: the first key is counted once for every place before it | 第一个键前面的每个空位都被当成它，重复计入
import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    w = min(window, T)
    position = torch.arange(T)[:, None] - torch.arange(w)
    index = position.clamp(min=0)
    logits = torch.einsum("bhtd,bhtwd->bhtw", q, k[:, :, index]) * D**-0.5
    attn = logits.softmax(dim=-1)
    return torch.einsum("bhtw,bhtwd->bhtd", attn, v[:, :, index])
