import torch


def apply_rope(x, pos, base=10000.0):
    """A table of all positions up to the largest, as models keep it, and a loop over the pairs."""
    D = x.shape[-1]
    if D % 2:
        raise ValueError(f"expected an even number of channels, got {D}")
    table = torch.outer(torch.arange(int(pos.max()) + 1).float(), base ** (torch.arange(0, -D, -2).float() / D))
    angles = table[pos] if pos.dim() == 1 else table[pos][:, None]
    out = x.clone()
    for i in range(D // 2):
        a, b = x[..., 2 * i], x[..., 2 * i + 1]
        cos, sin = angles[..., i].cos(), angles[..., i].sin()
        out[..., 2 * i] = a * cos - b * sin
        out[..., 2 * i + 1] = a * sin + b * cos
    return out
