# fails: the_layout_of_memory_does_not_matter
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    if H % p or W % p:
        raise ValueError(f"patches of {p} pixels do not divide an image of {H} x {W}")
    x = img.reshape(B, C, H // p, p, W // p, p)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(B, -1, C * p * p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B, N, D = tokens.shape
    C = D // (p * p)
    size = B, C, H // p, p, W // p, p
    x = tokens.as_strided(size, (N * D, p * p, W // p * D, p, D, 1))
    return x.reshape(B, C, H, W)
