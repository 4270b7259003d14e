# fails: a_head_is_a_block_of_channels
# bug: a head holds every H-th channel instead of a block of neighbours | 每个头拿到的是间隔 H 的通道，而不是相邻的一段
from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    B, T, C = x.shape
    if C % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {C} channels")
    x = x.reshape(B, T, C // n_heads, n_heads)
    return x.permute(0, 3, 1, 2)


def merge_heads(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1).flatten(2)
