import torch


def layer_norm(x, w, b, eps=1e-5):
    wide = x if x.dtype == torch.float64 else x.float()
    variance, mean = torch.var_mean(wide, dim=-1, correction=0, keepdim=True)
    normal = (wide - mean) * torch.rsqrt(variance + eps)
    return normal.to(x.dtype) * w + b


def rms_norm(x, w, eps=1e-6):
    wide = x if x.dtype == torch.float64 else x.float()
    return w * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)).to(x.dtype)
