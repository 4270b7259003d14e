import torch
from torch import Tensor
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    B, H, T, D = q.shape
    if state is None:
        state = q.new_zeros(B, H, D, v.shape[-1]), q.new_zeros(B, H, D)
    S, z = state
    out = []
    for t in range(T):
        query, key = elu(q[:, :, t]) + 1, elu(k[:, :, t]) + 1
        S = S + key.unsqueeze(-1) * v[:, :, t].unsqueeze(-2)
        z = z + key
        out.append((query.unsqueeze(-2) @ S).squeeze(-2) / (query * z).sum(-1, keepdim=True))
    return torch.stack(out, dim=2), (S, z)
