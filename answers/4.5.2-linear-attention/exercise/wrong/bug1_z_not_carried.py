# fails: the_sums_go_on_from_the_state_that_is_given
# bug: z starts from zero in every call, the given one is dropped | 每次调用 z 都从零开始，传入的 z 被丢掉了
import torch
from torch import Tensor, einsum
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    S = q.new_zeros(*q.shape[:2], q.shape[-1], v.shape[-1])
    z = q.new_zeros(*q.shape[:2], q.shape[-1])
    if state is not None:
        S = state[0]
    q, k = elu(q) + 1, elu(k) + 1
    out = []
    for t in range(q.shape[2]):
        S = S + k[:, :, t, :, None] * v[:, :, t, None, :]
        z = z + k[:, :, t]
        top = einsum("bhd,bhde->bhe", q[:, :, t], S)
        out.append(top / (q[:, :, t] * z).sum(dim=-1, keepdim=True))
    return torch.stack(out, dim=2), (S, z)
