import torch
from torch import Tensor


def build_keep_mask(
    q_len: int, k_len: int, lengths: Tensor | None = None, causal: bool = False, window: int | None = None
) -> Tensor:
    key = torch.arange(k_len)  # (S,)
    query = torch.arange(k_len - q_len, k_len)[:, None]  # (T, 1): the last query stands at the last key
    keep = torch.ones(1, 1, q_len, k_len, dtype=torch.bool)  # (1, 1, T, S)
    if causal:
        keep = keep & (key <= query)
    if window is not None:
        keep = keep & (key > query - window)
    if lengths is not None:
        keep = keep & (key < lengths[:, None, None, None])  # (B, 1, T, S)
    return keep
