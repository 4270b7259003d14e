# fails: every_batch_and_head_is_computed_by_itself
from torch import Tensor, einsum
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    q, k = elu(q) + 1, elu(k) + 1
    S = einsum("bhtd,bhte->bhtde", k, v).cumsum(dim=2)
    z = k.cumsum(dim=2)
    S = S.mean(dim=1, keepdim=True).expand_as(S)
    if state is not None:
        S = S + state[0].unsqueeze(2)
        z = z + state[1].unsqueeze(2)
    out = einsum("bhtd,bhtde->bhte", q, S) / einsum("bhtd,bhtd->bht", q, z).unsqueeze(-1)
    return out, (S[:, :, -1].clone(), z[:, :, -1].clone())
