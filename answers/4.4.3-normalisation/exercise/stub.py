from torch import Tensor


def layer_norm(x: Tensor, w: Tensor, b: Tensor, eps: float = 1e-5) -> Tensor:
    """Each vector of x minus its mean, divided by √(variance + eps), times w, plus b.

    x: (..., D), any number of leading dimensions   w, b: (D,), in the dtype of x
    The variance is the mean of the squared deviations. Mean and variance are computed in float32 at least.
    Returns (..., D) in the dtype of x.
    """
    raise NotImplementedError


def rms_norm(x: Tensor, w: Tensor, eps: float = 1e-6) -> Tensor:
    """Each vector of x divided by √(mean of its squares + eps), times w.

    Shapes and dtypes as for layer_norm; the mean of the squares is computed in float32 at least.
    """
    raise NotImplementedError
