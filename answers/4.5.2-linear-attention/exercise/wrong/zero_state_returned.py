# fails: the_state_holds_the_sums_over_all_tokens
import torch
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
    out = einsum("bhtd,bhtde->bhte", q, S) / einsum("bhtd,bhtd->bht", q, z).unsqueeze(-1)
    return out, (torch.zeros_like(S[:, :, -1]), torch.zeros_like(z[:, :, -1]))
