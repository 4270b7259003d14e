from torch import Tensor
from torch.nn.functional import fold, unfold


def patchify(img: Tensor, p: int) -> Tensor:
    if img.shape[-2] % p != 0 or img.shape[-1] % p != 0:
        raise ValueError("p does not divide the image")
    return unfold(img, kernel_size=p, stride=p).transpose(1, 2)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    return fold(tokens.transpose(1, 2), output_size=(H, W), kernel_size=p, stride=p)
