# fails: every_leading_dimension_is_computed_by_itself
from torch import Tensor


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    if scale is None:
        scale = q.shape[-1] ** -0.5
    logits = q @ k.mT * scale
    if mask is None:
        return logits.softmax(dim=1) @ v
    attn = logits.masked_fill(~mask, float("-inf")).softmax(dim=1)
    attn = attn.masked_fill(~mask, 0.0)
    return attn @ v
