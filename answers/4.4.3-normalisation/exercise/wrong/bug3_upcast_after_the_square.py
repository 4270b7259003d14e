# fails: rms_norm_computes_in_float32
# bug: x is squared before it is cast: float16 overflows | 先平方后转换：float16 已经溢出
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
    mean_square = at_least_float32(x.square()).mean(dim=-1, keepdim=True)
    return (x / (mean_square + eps).sqrt() * w).to(x.dtype)
