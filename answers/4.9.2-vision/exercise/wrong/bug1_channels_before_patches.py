# fails: it_is_a_convolution_with_kernel_and_stride_p
# bug: C still stands before the patches when they are merged | 合并各块的时候，C 还排在前面
from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    if H % p or W % p:
        raise ValueError(f"patches of {p} pixels do not divide an image of {H} x {W}")
    x = img.unfold(2, p, p).unfold(3, p, p)
    return x.reshape(B, -1, C * p * p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B = tokens.shape[0]
    x = tokens.reshape(B, H // p, W // p, -1, p, p)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(B, -1, H, W)
