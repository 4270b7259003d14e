# fails: a_large_mean_leaves_the_variance
# bug: mean square minus squared mean: two large numbers cancel | 均方减去均值的平方：两个大数相减，有效数字没了
import torch
from torch import Tensor


def at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


def layer_norm(x: Tensor, w: Tensor, b: Tensor, eps: float = 1e-5) -> Tensor:
    wide = at_least_float32(x)
    mean = wide.mean(dim=-1, keepdim=True)
    variance = wide.square().mean(dim=-1, keepdim=True) - mean.square()
    return ((wide - mean) / (variance + eps).sqrt() * w + b).to(x.dtype)


def rms_norm(x: Tensor, w: Tensor, eps: float = 1e-6) -> Tensor:
    wide = at_least_float32(x)
    mean_square = wide.square().mean(dim=-1, keepdim=True)
    return (wide / (mean_square + eps).sqrt() * w).to(x.dtype)
