# fails: scores_depend_on_the_distance_alone
import torch
from torch import Tensor

MAX_LENGTH = 2048


def apply_rope(x: Tensor, pos: Tensor, base: float = 10000.0) -> Tensor:
    D = x.shape[-1]
    if D % 2 != 0:
        raise ValueError(f"the width {D} is odd")
    frequencies = base ** (-torch.arange(0, D, 2, dtype=torch.float32) / D)
    table = torch.arange(MAX_LENGTH)[:, None] * frequencies
    angles = table[pos.clamp(max=MAX_LENGTH - 1)]
    if pos.dim() == 2:
        angles = angles[:, None]
    cos, sin = angles.cos(), angles.sin()
    even, odd = x[..., 0::2], x[..., 1::2]
    turned = torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1)
    return turned.flatten(-2).to(x.dtype)
