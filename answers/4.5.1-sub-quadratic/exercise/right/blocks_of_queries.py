import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, block = q.size(2), max(window, 32)
    out = torch.empty_like(v)
    for start in range(0, T, block):
        stop, first = min(start + block, T), max(0, start - window + 1)
        i = torch.arange(start, stop)[:, None]
        j = torch.arange(first, stop)
        mask = (j <= i) & (i - j < window)
        keys, values = k[:, :, first:stop], v[:, :, first:stop]
        out[:, :, start:stop] = scaled_dot_product_attention(q[:, :, start:stop], keys, values, attn_mask=mask)
    return out
