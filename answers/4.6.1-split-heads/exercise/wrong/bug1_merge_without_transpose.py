# fails: merging_puts_the_heads_side_by_side
# bug: merge_heads reshapes before H and D are neighbours | merge_heads 在 H 与 D 相邻之前就做了 reshape
from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    B, T, C = x.shape
    if C % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {C} channels")
    x = x.reshape(B, T, n_heads, C // n_heads)
    return x.transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    B, H, T, D = x.shape
    return x.reshape(B, T, H * D)
