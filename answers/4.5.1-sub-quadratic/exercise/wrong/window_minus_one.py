# fails: a_query_sees_its_window_and_nothing_else
import torch
from torch import Tensor
from torch.nn.functional import pad


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    w = min(window, T)
    blocks = -(-T // w)
    q, k, v = (pad(x, (0, 0, 0, blocks * w - T)).unflatten(2, (blocks, w)) for x in (q, k, v))
    k, v = (torch.cat([pad(x, (0, 0, 0, 0, 1, -1)), x], dim=3) for x in (k, v))
    logits = q @ k.mT * D**-0.5
    i, j = torch.arange(w)[:, None], torch.arange(-w, w)
    start = torch.arange(blocks)[:, None, None] * w
    keep = (i - j < window - 1) & (j <= i) & (start + j >= 0)
    attn = logits.masked_fill(~keep, float("-inf")).softmax(dim=-1)
    return (attn @ v).flatten(2, 3)[:, :, :T]
