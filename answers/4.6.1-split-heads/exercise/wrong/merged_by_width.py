# fails: merging_puts_the_heads_side_by_side
from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    B, T, C = x.shape
    if C % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {C} channels")
    x = x.reshape(B, T, n_heads, C // n_heads)
    return x.transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1).flatten(2)
