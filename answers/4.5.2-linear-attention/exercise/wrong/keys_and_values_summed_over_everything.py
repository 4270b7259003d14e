# fails: no_token_sees_the_future
from torch import Tensor
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    q, k = elu(q) + 1, elu(k) + 1
    S, z = k.mT @ v, k.sum(dim=2)
    if state is not None:
        S, z = S + state[0], z + state[1]
    return q @ S / (q @ z.unsqueeze(-1)), (S, z)
