# fails: a_pixel_lands_in_its_patch_and_in_no_other
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    if H % p or W % p:
        raise ValueError(f"patches of {p} pixels do not divide an image of {H} x {W}")
    x = img.reshape(B, C, H // p, p, W // p, p)
    return x.permute(0, 4, 2, 1, 3, 5).reshape(B, -1, C * p * p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B = tokens.shape[0]
    x = tokens.reshape(B, W // p, H // p, -1, p, p)
    return x.permute(0, 3, 2, 4, 1, 5).reshape(B, -1, H, W)
