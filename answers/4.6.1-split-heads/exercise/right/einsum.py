import torch


def split_heads(x, n_heads):
    if x.shape[2] % n_heads:
        raise ValueError("n_heads must divide C")
    return torch.einsum("bthd->bhtd", x.unflatten(2, (n_heads, x.shape[2] // n_heads)))


def merge_heads(x):
    B, H, T, D = x.shape
    return torch.einsum("bhtd->bthd", x).reshape(B, T, H * D)
