# fails: the_window_stands_where_the_query_does
# bug: the window counts from the row's number, not from the query's place | 窗口是从行号数的，不是从查询的位置数的
import torch
from torch import Tensor


def build_keep_mask(
    q_len: int, k_len: int, lengths: Tensor | None = None, causal: bool = False, window: int | None = None
) -> Tensor:
    offset = k_len - q_len
    keep = torch.ones(q_len, k_len, dtype=torch.bool)
    if causal:
        keep = keep.tril(diagonal=offset)
    if window is not None:
        keep = keep.triu(diagonal=1 - window)
    keep = keep[None, None]
    if lengths is not None:
        real = torch.arange(k_len) < lengths[:, None]
        keep = keep & real[:, None, None, :]
    return keep
