# fails: the_weights_are_those_of_elu_plus_one
import torch
from torch import Tensor
from torch.nn.functional import elu


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    logits = q @ k.mT / q.shape[-1] ** 0.5
    keep = torch.ones(q.shape[2], q.shape[2], dtype=torch.bool).tril()
    out = logits.masked_fill(~keep, float("-inf")).softmax(dim=-1) @ v
    k = elu(k) + 1
    S, z = k.mT @ v, k.sum(dim=2)
    if state is not None:
        S, z = S + state[0], z + state[1]
    return out, (S, z)
