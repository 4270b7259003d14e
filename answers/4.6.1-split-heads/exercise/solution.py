from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    B, T, C = x.shape
    if C % n_heads:
        raise ValueError(f"{n_heads} heads do not divide {C} channels")
    x = x.reshape(B, T, n_heads, C // n_heads)  # (B, T, H, D): a head is a block of channels
    return x.transpose(1, 2)  # (B, H, T, D)


def merge_heads(x: Tensor) -> Tensor:
    return x.transpose(1, 2).flatten(2)  # (B, T, H, D), then (B, T, C)
