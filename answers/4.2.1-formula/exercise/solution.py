from torch import Tensor


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    if scale is None:  # not `scale or ...`: 0.0 is a scale
        scale = q.shape[-1] ** -0.5
    logits = q @ k.mT * scale  # (..., T, S)
    if mask is None:
        return logits.softmax(dim=-1) @ v  # (..., T, Dv)
    attn = logits.masked_fill(~mask, float("-inf")).softmax(dim=-1)
    # The softmax of a row of -inf is 0/0. Replacing it afterwards would leave NaN in its gradient's
    # path; masked_fill cuts the path, so the row gives 0 and passes back 0.
    attn = attn.masked_fill(~mask, 0.0)  # (..., T, S)
    return attn @ v  # (..., T, Dv)
