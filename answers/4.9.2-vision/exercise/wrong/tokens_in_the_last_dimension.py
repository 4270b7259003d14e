# fails: patchify_returns_a_row_per_patch
from torch import Tensor
from torch.nn.functional import fold, unfold


def patchify(img: Tensor, p: int) -> Tensor:
    if img.shape[2] % p or img.shape[3] % p:
        raise ValueError(f"patches of {p} pixels do not divide the image")
    return unfold(img, p, stride=p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    return fold(tokens, (H, W), p, stride=p)
