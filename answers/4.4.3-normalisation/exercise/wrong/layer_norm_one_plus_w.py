# fails: layer_norm_takes_each_vector_by_itself
import torch
from torch import Tensor


def at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


def layer_norm(x: Tensor, w: Tensor, b: Tensor, eps: float = 1e-5) -> Tensor:
    wide = at_least_float32(x)
    centred = wide - wide.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return (centred / (variance + eps).sqrt() * (1 + w) + b).to(x.dtype)


def rms_norm(x: Tensor, w: Tensor, eps: float = 1e-6) -> Tensor:
    wide = at_least_float32(x)
    mean_square = wide.square().mean(dim=-1, keepdim=True)
    return (wide / (mean_square + eps).sqrt() * w).to(x.dtype)
