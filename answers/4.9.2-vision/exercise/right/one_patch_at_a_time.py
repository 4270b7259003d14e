import torch
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    H, W = img.shape[2:]
    if H % p or W % p:
        raise ValueError("p has to divide both sides")
    tokens = []
    for top in range(0, H, p):
        for left in range(0, W, p):
            tokens.append(img[:, :, top : top + p, left : left + p].flatten(1))
    return torch.stack(tokens, dim=1)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    patches = [token.unflatten(1, (-1, p, p)) for token in tokens.unbind(1)]
    columns = W // p
    rows = [torch.cat(patches[start : start + columns], dim=3) for start in range(0, len(patches), columns)]
    return torch.cat(rows, dim=2)
