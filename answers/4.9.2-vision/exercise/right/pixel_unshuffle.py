from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle


def patchify(img: Tensor, p: int) -> Tensor:
    if any(side % p for side in img.shape[-2:]):
        raise ValueError("p has to divide both sides")
    return pixel_unshuffle(img, p).flatten(2).mT  # (B, C·p·p, rows, columns): a patch is a pixel of many channels


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    return pixel_shuffle(tokens.mT.unflatten(2, (H // p, W // p)), p)
