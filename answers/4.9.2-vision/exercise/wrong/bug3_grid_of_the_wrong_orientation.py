# fails: unpatchify_puts_every_pixel_back
# bug: the grid has W/p rows of H/p patches, not the reverse | 网格成了 W/p 行、每行 H/p 块，弄反了
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    if H % p or W % p:
        raise ValueError(f"patches of {p} pixels do not divide an image of {H} x {W}")
    x = img.reshape(B, C, H // p, p, W // p, p)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(B, -1, C * p * p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B = tokens.shape[0]
    x = tokens.reshape(B, W // p, H // p, -1, p, p)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(B, -1, H, W)
