# fails: a_query_without_an_allowed_key_gets_zeros
from torch import Tensor


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    if scale is None:
        scale = q.shape[-1] ** -0.5
    logits = q @ k.mT * scale
    if mask is None:
        return logits.softmax(dim=-1) @ v
    attn = logits.masked_fill(~mask, -1e9).softmax(dim=-1)
    return attn @ v
