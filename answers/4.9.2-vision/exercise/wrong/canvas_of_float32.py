# fails: the_dtype_is_kept
import torch
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    if H % p or W % p:
        raise ValueError(f"patches of {p} pixels do not divide an image of {H} x {W}")
    x = img.reshape(B, C, H // p, p, W // p, p)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(B, -1, C * p * p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B, N, width = tokens.shape
    img = torch.zeros(B, width // (p * p), H, W)
    for n in range(N):
        row, column = n // (W // p) * p, n % (W // p) * p
        img[:, :, row : row + p, column : column + p] = tokens[:, n].reshape(B, -1, p, p)
    return img
