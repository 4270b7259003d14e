# fails: nothing_is_left_over_from_earlier_calls
# bug: the cached mask is changed in place: the next call starts from it | 缓存的掩码被原地修改，下一次调用受它影响
from functools import lru_cache

import torch
from torch import Tensor


@lru_cache
def without_padding(q_len: int, k_len: int, causal: bool) -> Tensor:
    keep = torch.ones(q_len, k_len, dtype=torch.bool)
    return keep.tril(k_len - q_len) if causal else keep


def build_keep_mask(
    q_len: int, k_len: int, lengths: Tensor | None = None, causal: bool = False, window: int | None = None
) -> Tensor:
    keep = without_padding(q_len, k_len, causal)
    if window is not None:
        keep &= torch.ones_like(keep).triu(k_len - q_len - window + 1)
    keep = keep.clone()[None, None]
    if lengths is not None:
        real = torch.arange(k_len) < lengths[:, None]
        keep = keep & real[:, None, None, :]
    return keep
