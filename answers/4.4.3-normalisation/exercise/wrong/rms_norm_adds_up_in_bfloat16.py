# fails: rms_norm_computes_in_float32
import torch
from torch import Tensor


def layer_norm(x: Tensor, w: Tensor, b: Tensor, eps: float = 1e-5) -> Tensor:
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    centred = wide - wide.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return (centred / (variance + eps).sqrt() * w + b).to(x.dtype)


def rms_norm(x: Tensor, w: Tensor, eps: float = 1e-6) -> Tensor:
    wide = x.float() if x.dtype == torch.float16 else x  # only float16 overflows
    squares = torch.zeros_like(wide[..., 0])
    for i in range(x.shape[-1]):
        squares = squares + wide[..., i] ** 2
    rms = (squares / x.shape[-1] + eps).sqrt()
    return (wide / rms.unsqueeze(-1) * w).to(x.dtype)
