# fails: the_inputs_and_the_given_state_stay_as_they_were
import torch
from torch import Tensor, einsum
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    S = q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1])
    z = q.new_zeros(*q.shape[:2], q.shape[-1])
    if state is not None:
        S, z = state
    q, k = elu(q) + 1, elu(k) + 1
    out = []
    for t in range(q.shape[2]):
        S += k[:, :, t, :, None] * v[:, :, t, None, :]
        z += k[:, :, t]
        top = einsum("bhd,bhde->bhe", q[:, :, t], S)
        out.append(top / (q[:, :, t] * z).sum(dim=-1, keepdim=True))
    return torch.stack(out, dim=2), (S.clone(), z.clone())
