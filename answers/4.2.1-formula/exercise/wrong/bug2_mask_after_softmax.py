# fails: true_in_the_mask_means_may_attend
# bug: the mask comes after the softmax: what is left does not add up to 1 | 掩码加在 softmax 之后，剩下的权重之和不是 1
from torch import Tensor


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    if scale is None:
        scale = q.shape[-1] ** -0.5
    logits = q @ k.mT * scale
    if mask is None:
        return logits.softmax(dim=-1) @ v
    attn = logits.softmax(dim=-1)
    attn = attn.masked_fill(~mask, 0.0)
    return attn @ v
