import math

import torch
from torch import Tensor


def apply_rope(x: Tensor, pos: Tensor, base: float = 10000.0) -> Tensor:
    """x cos + (-odd, even) sin, with every cosine written twice and rounded to the dtype of x."""
    if x.size(-1) % 2 == 1:
        raise ValueError(f"odd width: {x.size(-1)}")
    i = torch.arange(x.size(-1) // 2, device=x.device)
    theta = torch.exp(i * (-2.0 * math.log(base) / x.size(-1)))
    angles = torch.einsum("...t,i->...ti", pos.to(theta.dtype), theta).repeat_interleave(2, dim=-1)
    angles = angles.view(-1, 1, *angles.shape[-2:])
    swapped = torch.empty_like(x)
    swapped[..., 0::2] = -x[..., 1::2]
    swapped[..., 1::2] = x[..., 0::2]
    return x * angles.cos().to(x.dtype) + swapped * angles.sin().to(x.dtype)
