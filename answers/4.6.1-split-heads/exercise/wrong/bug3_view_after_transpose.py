# fails: the_layout_of_memory_does_not_matter
# bug: view needs one block of memory, a transpose leaves none | view 要求内存连续，转置之后就不连续了
from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    B, T, C = x.shape
    if C % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {C} channels")
    x = x.reshape(B, T, n_heads, C // n_heads)
    return x.transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    B, H, T, D = x.shape
    return x.transpose(1, 2).view(B, T, H * D)
