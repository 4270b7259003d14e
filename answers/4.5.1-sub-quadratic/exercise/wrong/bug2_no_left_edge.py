# fails: a_query_sees_its_window_and_nothing_else
# bug: later queries of a block also see keys that have left their window | 块里靠后的查询还能看到已经移出窗口的键
import torch
from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    T, D = q.shape[-2:]
    out = []
    for start in range(0, T, window):
        stop, first = min(start + window, T), max(0, start - window + 1)
        logits = q[:, :, start:stop] @ k[:, :, first:stop].mT * D**-0.5
        i, j = torch.arange(start, stop)[:, None], torch.arange(first, stop)
        attn = logits.masked_fill(j > i, float("-inf")).softmax(dim=-1)
        out.append(attn @ v[:, :, first:stop])
    return torch.cat(out, dim=2)
