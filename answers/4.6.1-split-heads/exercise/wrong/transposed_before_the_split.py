# fails: a_head_is_a_block_of_channels
from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    B, T, C = x.shape
    if C % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {C} channels")
    return x.transpose(1, 2).reshape(B, n_heads, T, C // n_heads)


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)
