# fails: position_zero_changes_nothing
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
    return (x + torch.stack((sin, cos), dim=-1).flatten(-2)).to(x.dtype)
