# fails: patchify_returns_a_row_per_patch
from torch import Tensor
from torch.nn.functional import unfold


def patchify(img: Tensor, p: int) -> Tensor:
    if img.shape[2] % p or img.shape[3] % p:
        raise ValueError(f"patches of {p} pixels do not divide the image")
    return unfold(img, p).transpose(1, 2)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B = tokens.shape[0]
    x = tokens.reshape(B, H // p, W // p, -1, p, p)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(B, -1, H, W)
