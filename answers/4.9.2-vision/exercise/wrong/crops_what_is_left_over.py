# fails: patches_that_do_not_divide_the_image_are_refused
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    rows, columns = H // p, W // p
    x = img[:, :, : rows * p, : columns * p].reshape(B, C, rows, p, columns, p)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(B, rows * columns, C * p * p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B = tokens.shape[0]
    x = tokens.reshape(B, H // p, W // p, -1, p, p)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(B, -1, H, W)
