# fails: a_given_scale_is_used_even_if_it_is_zero
# bug: a given scale of 0.0 is false, so the default replaces it | 给定的 scale=0.0 为假，被默认值取代
from torch import Tensor


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    scale = scale or q.shape[-1] ** -0.5
    logits = q @ k.mT * scale
    if mask is None:
        return logits.softmax(dim=-1) @ v
    attn = logits.masked_fill(~mask, float("-inf")).softmax(dim=-1)
    attn = attn.masked_fill(~mask, 0.0)
    return attn @ v
