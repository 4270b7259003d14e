# fails: the_weights_of_a_query_add_up_to_one
from torch import Tensor


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    if scale is None:
        scale = q.shape[-1] ** -0.5
    logits = q @ k.mT * scale
    if mask is None:
        return logits.softmax(dim=-2) @ v
    attn = logits.masked_fill(~mask, float("-inf")).softmax(dim=-2)
    attn = attn.masked_fill(~mask, 0.0)
    return attn @ v
