from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    """(B, C, H, W) to (B, N, C·p·p): the N = H·W / p² patches of p x p pixels, one row after the other.

    Within a patch the order is (C, p, p): channel, row, column, as in the weights of a Conv2d with kernel and stride p.
    ValueError if p does not divide H and W. The result may be a view.
    """
    raise NotImplementedError


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    """(B, N, C·p·p) to (B, C, H, W): what patchify took apart, as it was. The result may be a view."""
    raise NotImplementedError
