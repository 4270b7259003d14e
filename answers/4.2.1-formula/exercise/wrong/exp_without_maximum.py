# fails: scores_of_1e4_are_survived
from torch import Tensor


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    if scale is None:
        scale = q.shape[-1] ** -0.5
    weights = (q @ k.mT * scale).exp()
    if mask is not None:
        weights = weights * mask
    total = weights.sum(dim=-1, keepdim=True)
    return (weights / total.masked_fill(total == 0, 1.0)) @ v
