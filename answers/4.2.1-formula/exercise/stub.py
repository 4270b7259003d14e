from torch import Tensor


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    """softmax(q kᵀ · scale) v, where `mask` allows it.

    q: (..., T, D)   k: (..., S, D)   v: (..., S, Dv), with the same leading dimensions, none to three of them
    mask: bool, broadcastable to (..., T, S); True means that the query may attend to the key
    scale: 1/√D when None; any number that is given is used, 0.0 included
    Returns (..., T, Dv) in the dtype of q. A query without a single allowed key gets zeros, and finite gradients.
    """
    raise NotImplementedError
