# fails: split_heads_returns_a_head_per_row
from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    B, T, C = x.shape
    if C % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {C} channels")
    return x.reshape(B, T, n_heads, C // n_heads)


def merge_heads(x: Tensor) -> Tensor:
    return x.flatten(2)
