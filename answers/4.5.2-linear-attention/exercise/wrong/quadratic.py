# fails: memory_grows_with_the_length_not_with_its_square
from torch import Tensor
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    q, k = elu(q) + 1, elu(k) + 1
    attn = (q @ k.mT).tril()
    top, bottom = attn @ v, attn.sum(dim=-1, keepdim=True)
    S, z = k.mT @ v, k.sum(dim=2)
    if state is not None:
        top = top + q @ state[0]
        bottom = bottom + q @ state[1].unsqueeze(-1)
        S, z = S + state[0], z + state[1]
    return top / bottom, (S, z)
