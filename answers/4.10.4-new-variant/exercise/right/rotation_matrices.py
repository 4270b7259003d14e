import torch


def apply_rope(x, pos, base=10000.0):
    """A matrix of 2 x 2 for every position and pair, in float64."""
    B, _, T, D = x.shape
    if D % 2:
        raise ValueError("D must be even")
    speed = torch.tensor([base ** (-2 * i / D) for i in range(D // 2)], dtype=torch.float64)
    angles = pos.expand(B, T).double()[:, :, None] * speed
    cos, sin = torch.cos(angles), torch.sin(angles)
    rows = [torch.stack([cos, -sin], dim=-1), torch.stack([sin, cos], dim=-1)]
    matrices = torch.stack(rows, dim=-2)
    pairs = x.double().unflatten(-1, (D // 2, 2))
    return torch.einsum("btiuv,bhtiv->bhtiu", matrices, pairs).flatten(-2).to(x.dtype)
