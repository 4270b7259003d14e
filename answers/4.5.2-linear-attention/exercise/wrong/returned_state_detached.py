# fails: gradients_pass_through_the_states
from torch import Tensor, einsum
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    q, k = elu(q) + 1, elu(k) + 1
    S = einsum("bhtd,bhte->bhtde", k, v).cumsum(2)
    z = k.cumsum(2)
    if state is not None:
        S = S + state[0].unsqueeze(2)
        z = z + state[1].unsqueeze(2)
    out = einsum("bhtd,bhtde->bhte", q, S) / (q * z).sum(dim=-1, keepdim=True)
    return out, (S[:, :, -1].detach(), z[:, :, -1].detach())
