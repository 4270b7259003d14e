# fails: a_lone_token_gets_its_own_value
from torch import Tensor, einsum
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    q, k = elu(q) + 1, elu(k) + 1
    S = einsum("bhtd,bhte->bhtde", k, v).cumsum(dim=2)
    z = k.cumsum(dim=2)
    if state is not None:
        S = S + state[0].unsqueeze(2)
        z = z + state[1].unsqueeze(2)
    out = einsum("bhtd,bhtde->bhte", q, S)
    return out, (S[:, :, -1].clone(), z[:, :, -1].clone())
