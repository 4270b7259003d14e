import torch
from torch import Tensor


def apply_rope(x: Tensor, pos: Tensor, base: float = 10000.0) -> Tensor:
    D = x.shape[-1]
    if D % 2:
        raise ValueError(f"{D} channels do not form pairs")
    frequencies = base ** (-torch.arange(0, D, 2, dtype=torch.float32, device=x.device) / D)  # (D / 2,)
    angles = pos[..., None] * frequencies  # (T, D / 2) or (B, T, D / 2), float32: bfloat16 cannot tell 1000 from 1001
    if pos.dim() == 2:
        angles = angles[:, None]  # (B, 1, T, D / 2): the same for every head
    cos, sin = angles.cos(), angles.sin()
    even, odd = x[..., 0::2], x[..., 1::2]  # (B, H, T, D / 2) each
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)  # (B, H, T, D / 2, 2)
    return turned.flatten(-2).to(x.dtype)  # (B, H, T, D)
