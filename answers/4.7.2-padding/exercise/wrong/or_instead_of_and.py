# fails: a_key_has_to_pass_every_rule
import torch
from torch import Tensor


def build_keep_mask(
    q_len: int, k_len: int, lengths: Tensor | None = None, causal: bool = False, window: int | None = None
) -> Tensor:
    key = torch.arange(k_len)
    query = torch.arange(k_len - q_len, k_len)[:, None]
    rules = []
    if causal:
        near = key > query - (k_len if window is None else window)
        rules.append(((key <= query) & near)[None, None])
    if lengths is not None:
        rules.append((key < lengths[:, None])[:, None, None, :].expand(-1, 1, q_len, k_len))
    if not rules:
        return torch.ones(1, 1, q_len, k_len, dtype=torch.bool)
    keep = rules[0]
    for rule in rules[1:]:
        keep = keep | rule
    return keep
