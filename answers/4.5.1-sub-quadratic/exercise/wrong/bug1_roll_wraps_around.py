# fails: no_token_sees_the_future
# bug: roll puts the last block before the first, and nothing masks it | roll 把最后一块接到了第一块前面，又没有屏蔽它
import torch
from torch import Tensor
from torch.nn.functional import pad


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    w = min(window, T)
    blocks = -(-T // w)
    q, k, v = (pad(x, (0, 0, 0, blocks * w - T)).unflatten(2, (blocks, w)) for x in (q, k, v))
    k, v = (torch.cat([x.roll(1, dims=2), x], dim=3) for x in (k, v))
    logits = q @ k.mT * D**-0.5
    i, j = torch.arange(w)[:, None], torch.arange(-w, w)
    keep = (i - w < j) & (j <= i)
    attn = logits.masked_fill(~keep, float("-inf")).softmax(dim=-1)
    return (attn @ v).flatten(2, 3)[:, :, :T]
