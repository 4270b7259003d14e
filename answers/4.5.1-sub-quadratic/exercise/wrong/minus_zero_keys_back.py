# fails: a_window_of_one_gives_the_values
import torch
from torch import Tensor
from torch.nn.functional import pad


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    w = min(window, T)
    filled = [pad(x, (0, 0, 0, -T % w)).unflatten(2, (-1, w)) for x in (q, k, v)]  # (B, H, blocks, w, D)
    q, k, v = filled
    before = [pad(x, (0, 0, 0, 0, 1, 0))[:, :, :-1, -(w - 1) :] for x in (k, v)]
    k, v = torch.cat([before[0], k], dim=3), torch.cat([before[1], v], dim=3)
    i, j = torch.arange(w)[:, None], torch.arange(1 - w, w)
    keep = ((i - w < j) & (j <= i)).repeat(k.shape[2], 1, 1)
    keep[0] &= j >= 0
    logits = (q @ k.mT * D**-0.5).masked_fill(~keep, float("-inf"))
    return (logits.softmax(dim=-1) @ v).flatten(2, 3)[:, :, :T]
