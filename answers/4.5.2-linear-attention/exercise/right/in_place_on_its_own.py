import torch
from torch import Tensor
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    q, k = 1 + elu(q), 1 + elu(k)
    terms = torch.einsum("...td,...te->...tde", k, v)
    keys = k
    if state is not None:  # the state is one more token before the others
        terms = torch.cat([state[0].unsqueeze(-3), terms], dim=-3)
        keys = torch.cat([state[1].unsqueeze(-2), keys], dim=-2)
    S, z = torch.cumsum(terms, dim=-3), torch.cumsum(keys, dim=-2)
    T = q.shape[-2]
    out = torch.empty_like(v)
    out[:] = torch.einsum("...td,...tde->...te", q, S[..., -T:, :, :])
    out /= torch.einsum("...td,...td->...t", q, z[..., -T:, :])[..., None]
    return out, (S[..., -1, :, :].contiguous(), z[..., -1, :].contiguous())
