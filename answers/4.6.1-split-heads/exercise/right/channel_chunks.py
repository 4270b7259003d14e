import torch


def split_heads(x, n_heads):
    width, rest = divmod(x.shape[-1], n_heads)
    if rest:
        raise ValueError("the channels cannot be shared out evenly")
    return torch.stack([x[..., h * width : (h + 1) * width] for h in range(n_heads)], dim=1)


def merge_heads(x):
    return torch.cat([x[:, h] for h in range(x.shape[1])], dim=-1)
