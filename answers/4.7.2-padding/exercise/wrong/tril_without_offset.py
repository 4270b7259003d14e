# fails: the_last_query_stands_at_the_last_key
import torch
from torch import Tensor


def build_keep_mask(
    q_len: int, k_len: int, lengths: Tensor | None = None, causal: bool = False, window: int | None = None
) -> Tensor:
    offset = k_len - q_len
    keep = torch.ones(1, 1, q_len, k_len, dtype=torch.bool)
    if causal:
        keep = keep.tril()
    if window is not None:
        keep = keep.triu(offset - window + 1)
    if lengths is not None:
        keep = keep & (torch.arange(k_len) < lengths[:, None, None, None])
    return keep
