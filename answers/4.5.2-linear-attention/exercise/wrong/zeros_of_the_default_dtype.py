# fails: out_and_state_have_their_shapes_and_dtypes
import torch
from torch import Tensor
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    S = torch.zeros(*q.shape[:2], q.shape[-1], v.shape[-1])
    z = torch.zeros(*q.shape[:2], q.shape[-1])
    if state is not None:
        S, z = state
    q, k = elu(q) + 1, elu(k) + 1
    out = []
    for t in range(q.shape[2]):
        S = S + k[:, :, t, :, None] * v[:, :, t, None, :]
        z = z + k[:, :, t]
        top = (q[:, :, t, :, None] * S).sum(dim=-2)
        out.append(top / (q[:, :, t] * z).sum(dim=-1, keepdim=True))
    return torch.stack(out, dim=2), (S, z)
