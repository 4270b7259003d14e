# fails: scores_of_1e4_are_survived
import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    out = []
    for start in range(0, T, window):
        stop, first = min(start + window, T), max(0, start - window + 1)
        i, j = torch.arange(start, stop)[:, None], torch.arange(first, stop)
        keep = (i - window < j) & (j <= i)
        logits = q[:, :, start:stop] @ k[:, :, first:stop].mT * D**-0.5
        logits = logits.masked_fill(~keep, float("-inf"))
        attn = (logits - logits.amax(dim=(-2, -1), keepdim=True)).exp()
        attn = attn / attn.sum(dim=-1, keepdim=True)
        out.append(attn @ v[:, :, first:stop])
    return torch.cat(out, dim=2)
