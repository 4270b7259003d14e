# fails: the_layout_of_memory_does_not_matter
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    if H % p or W % p:
        raise ValueError(f"patches of {p} pixels do not divide an image of {H} x {W}")
    x = img.view(B, C * (H // p), p, W // p, p).unflatten(1, (C, H // p))
    return x.permute(0, 2, 4, 1, 3, 5).reshape(B, -1, C * p * p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B = tokens.shape[0]
    x = tokens.reshape(B, H // p, W // p, -1, p, p)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(B, -1, H, W)
