import torch
from torch import Tensor
from torch.nn.functional import pad


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    w = min(window, T)  # a longer window holds no more keys
    blocks = -(-T // w)
    q, k, v = (pad(x, (0, 0, 0, blocks * w - T)).unflatten(2, (blocks, w)) for x in (q, k, v))  # (B, H, N, w, D)
    # A window that ends in a block begins in it or in the block before.
    k, v = (torch.cat([pad(x, (0, 0, 0, 0, 1, -1)), x], dim=3) for x in (k, v))  # (B, H, N, 2w, D)
    logits = q @ k.mT * D**-0.5  # (B, H, N, w, 2w)
    i, j = torch.arange(w)[:, None], torch.arange(-w, w)  # positions, counted from the start of the block
    start = torch.arange(blocks)[:, None, None] * w
    keep = (i - w < j) & (j <= i) & (start + j >= 0)  # (N, w, 2w): nothing comes before the first block
    attn = logits.masked_fill(~keep, float("-inf")).softmax(dim=-1)
    return (attn @ v).flatten(2, 3)[:, :, :T]  # (B, H, T, D)
