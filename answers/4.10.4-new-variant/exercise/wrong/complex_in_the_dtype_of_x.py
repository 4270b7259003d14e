# fails: shape_and_dtype_are_kept
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
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))
    return torch.view_as_real(pairs * torch.complex(cos, sin)).flatten(-2).to(x.dtype)
