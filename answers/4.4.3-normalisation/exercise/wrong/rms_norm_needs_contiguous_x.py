# fails: x_need_not_be_contiguous
import torch
from torch import Tensor


def at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


def layer_norm(x: Tensor, w: Tensor, b: Tensor, eps: float = 1e-5) -> Tensor:
    wide = at_least_float32(x)
    centred = wide - wide.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return (centred / (variance + eps).sqrt() * w + b).to(x.dtype)


def rms_norm(x: Tensor, w: Tensor, eps: float = 1e-6) -> Tensor:
    wide = at_least_float32(x)
    rows = wide.view(-1, x.shape[-1])
    mean_square = rows.square().mean(dim=-1, keepdim=True)
    return (rows / (mean_square + eps).sqrt() * w).view(x.shape).to(x.dtype)
