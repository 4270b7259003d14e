# fails: no_vector_changes_its_length
# bug: cosines are laid out for pairs (i, i + D/2) | 余弦是按 (i, i + D/2) 的配对排列的
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
    cos, sin = angles.cos().tile(2), angles.sin().tile(2)
    swapped = torch.stack((-x[..., 1::2], x[..., 0::2]), dim=-1).flatten(-2)
    return (x * cos + swapped * sin).to(x.dtype)
