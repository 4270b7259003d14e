# fails: out_and_state_have_their_shapes_and_dtypes
import torch
from torch import Tensor, einsum
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    S = torch.zeros(*q.shape[:2], q.shape[-1], v.shape[-1])
    z = torch.zeros(*q.shape[:2], q.shape[-1])
    if state is not None:
        S, z = state
    dtype = q.dtype
    q, k, v = elu(q.float()) + 1, elu(k.float()) + 1, v.float()
    out = []
    for t in range(q.shape[2]):
        S = S + k[:, :, t, :, None] * v[:, :, t, None, :]
        z = z + k[:, :, t]
        top = einsum("bhd,bhde->bhe", q[:, :, t], S)
        out.append(top / (q[:, :, t] * z).sum(dim=-1, keepdim=True))
    return torch.stack(out, dim=2).to(dtype), (S, z)
