# fails: no_vector_changes_its_length
import torch
from torch import Tensor


def apply_rope(x: Tensor, pos: Tensor, base: float = 10000.0) -> Tensor:
    D = x.shape[-1]
    if D % 2:
        raise ValueError(f"{D} channels do not form pairs")
    frequencies = base ** (-torch.arange(0, D, 2, dtype=torch.float32, device=x.device) / D)
    angles = pos[..., None] * frequencies
    if pos.dim() == 2:
        angles = angles[:, None]
    cos, sin = angles.cos(), angles.sin()
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = torch.stack((even * cos - odd * sin, odd), dim=-1)
    return turned.flatten(-2).to(x.dtype)
