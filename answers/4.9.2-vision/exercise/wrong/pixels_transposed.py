# fails: a_patch_is_read_channel_by_channel_and_row_by_row
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    if H % p or W % p:
        raise ValueError(f"patches of {p} pixels do not divide an image of {H} x {W}")
    x = img.reshape(B, C, H // p, p, W // p, p)
    return x.permute(0, 2, 4, 1, 5, 3).reshape(B, -1, C * p * p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B = tokens.shape[0]
    x = tokens.reshape(B, H // p, W // p, -1, p, p)
    return x.permute(0, 3, 1, 5, 2, 4).reshape(B, -1, H, W)
