# fails: unpatchify_returns_an_image_of_its_size
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    if H % p or W % p:
        raise ValueError(f"patches of {p} pixels do not divide an image of {H} x {W}")
    x = img.reshape(B, C, H // p, p, W // p, p)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(B, -1, C * p * p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B, N, width = tokens.shape
    side = int(N**0.5)
    x = tokens.reshape(B, side, side, width // (p * p), p, p)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(B, -1, side * p, side * p)
