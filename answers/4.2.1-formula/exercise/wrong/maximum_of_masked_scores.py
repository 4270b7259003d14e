# fails: a_masked_score_far_above_the_others_does_not_count
from torch import Tensor


def scaled_dot_product_attention(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, scale: float | None = None
) -> Tensor:
    if scale is None:
        scale = q.shape[-1] ** -0.5
    logits = q @ k.mT * scale
    if mask is None:
        return logits.softmax(dim=-1) @ v
    exp = (logits - logits.detach().amax(dim=-1, keepdim=True)).exp() * mask
    total = exp.sum(dim=-1, keepdim=True)
    return exp @ v / total.masked_fill(total == 0, 1.0)
