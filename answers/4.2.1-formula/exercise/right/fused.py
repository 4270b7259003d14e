from torch.nn import functional


def scaled_dot_product_attention(q, k, v, mask=None, scale=None):
    if mask is None:
        return functional.scaled_dot_product_attention(q, k, v, scale=scale)
    # Let a query without a key attend to all, then drop what it got: no NaN in either direction.
    some = mask.any(dim=-1, keepdim=True)
    out = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask | ~some, scale=scale)
    return out.masked_fill(~some, 0.0)
