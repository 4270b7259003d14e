# fails: the_window_stands_where_the_query_does
import torch
from torch import Tensor


def build_keep_mask(
    q_len: int, k_len: int, lengths: Tensor | None = None, causal: bool = False, window: int | None = None
) -> Tensor:
    key = torch.arange(k_len)
    query = torch.arange(k_len - q_len, k_len)[:, None]
    keep = torch.ones(1, 1, q_len, k_len, dtype=torch.bool)
    if causal:
        keep = keep & (key <= query)
    if window is not None and q_len == k_len:
        keep = keep & (key > query - window)
    if lengths is not None:
        keep = keep & (key < lengths[:, None, None, None])
    return keep
