# fails: a_masked_key_stays_hidden_at_every_scale
from torch import Tensor


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    if scale is None:
        scale = q.shape[-1] ** -0.5
    logits = q @ k.mT
    if mask is None:
        return (logits * scale).softmax(dim=-1) @ v
    attn = (logits.masked_fill(~mask, float("-inf")) * scale).softmax(dim=-1)
    attn = attn.masked_fill(~mask, 0.0)
    return attn @ v
