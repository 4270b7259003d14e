import torch


def scaled_dot_product_attention(q, k, v, mask=None, scale=None):
    scale = 1 / q.size(-1) ** 0.5 if scale is None else scale
    logits = torch.einsum("...td,...sd->...ts", q, k) * scale
    if mask is not None:
        logits = torch.where(mask, logits, torch.finfo(logits.dtype).min)
    weights = (logits - logits.amax(-1, keepdim=True).detach()).exp()
    if mask is not None:
        weights = weights * mask
    total = weights.sum(-1, keepdim=True)
    weights = weights / torch.where(total == 0, torch.ones_like(total), total)
    return torch.einsum("...ts,...sv->...tv", weights, v)
