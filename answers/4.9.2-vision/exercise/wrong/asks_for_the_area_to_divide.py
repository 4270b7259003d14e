# fails: patches_that_do_not_divide_the_image_are_refused
from torch import Tensor
from torch.nn.functional import unfold


def patchify(img: Tensor, p: int) -> Tensor:
    H, W = img.shape[2:]
    if H * W % (p * p):
        raise ValueError(f"patches of {p} pixels do not divide an image of {H} x {W}")
    return unfold(img, p, stride=p).transpose(1, 2)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B = tokens.shape[0]
    x = tokens.reshape(B, H // p, W // p, -1, p, p)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(B, -1, H, W)
