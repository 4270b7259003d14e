# fails: a_key_has_to_pass_every_rule
import torch
from torch import Tensor


def build_keep_mask(
    q_len: int, k_len: int, lengths: Tensor | None = None, causal: bool = False, window: int | None = None
) -> Tensor:
    key = torch.arange(k_len)
    real = torch.tensor([k_len]) if lengths is None else lengths
    real = real[:, None, None, None]
    query = torch.arange(q_len)[:, None] + real - q_len
    keep = (key < real).expand(-1, 1, q_len, k_len)
    if causal:
        keep = keep & (key <= query)
    if window is not None:
        keep = keep & (key > query - window)
    return keep
