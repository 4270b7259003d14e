from torch import Tensor


def apply_rope(x: Tensor, pos: Tensor, base: float = 10000.0) -> Tensor:
    """Turn channels 2i and 2i + 1 of every token by the angle pos · base^(-2i/D), counter-clockwise.

    x: (B, H, T, D), of any floating-point dtype. An odd D is refused with ValueError.
    pos: integers, (T,) for all samples or (B, T) for each; they need not be 0, 1, 2, ...
    Returns (B, H, T, D) in the dtype of x. Angles are computed in float32 or better, whatever that dtype is.
    """
    raise NotImplementedError
