import torch
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    *_, H, W = img.shape
    if H % p or W % p:
        raise ValueError("p has to divide both sides")
    boxes = img.unflatten(-1, (W // p, p)).unflatten(-3, (H // p, p))
    return torch.einsum("bcyixj->byxcij", boxes).flatten(-3).flatten(1, 2)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    boxes = tokens.unflatten(1, (H // p, W // p)).unflatten(-1, (-1, p, p))
    return torch.einsum("byxcij->bcyixj", boxes).flatten(-2).flatten(-3, -2)
