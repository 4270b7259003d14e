import torch


def apply_rope(x, pos, base=10000.0):
    """A pair is a complex number, and turning it is one multiplication."""
    *lead, D = x.shape
    if D % 2 != 0:
        raise ValueError("the head width must be even")
    exponents = torch.arange(0, D, 2, dtype=torch.float32, device=x.device) / D
    angles = pos.unsqueeze(-1).float() * (1.0 / base**exponents)
    unit = torch.polar(torch.ones_like(angles), angles)
    if pos.ndim == 2:
        unit = unit.unsqueeze(1)
    pairs = torch.view_as_complex(x.float().reshape(*lead, D // 2, 2))
    return torch.view_as_real(pairs * unit).flatten(-2).type_as(x)
