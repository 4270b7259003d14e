# fails: split_heads_returns_a_head_per_row
import torch
from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    if x.shape[-1] % n_heads:
        raise ValueError("the heads do not divide the channels")
    return torch.stack(x.chunk(n_heads, dim=1), dim=1)


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)
