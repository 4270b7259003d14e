# fails: heads_that_do_not_divide_are_refused
from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    B, T, C = x.shape
    D = C // n_heads
    x = x[:, :, : n_heads * D].reshape(B, T, n_heads, D)
    return x.transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)
