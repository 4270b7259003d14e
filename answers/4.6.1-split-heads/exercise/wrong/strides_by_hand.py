# fails: the_layout_of_memory_does_not_matter
from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    B, T, C = x.shape
    if C % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {C} channels")
    D = C // n_heads
    return x.as_strided((B, n_heads, T, D), (T * C, D, C, 1))


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)
