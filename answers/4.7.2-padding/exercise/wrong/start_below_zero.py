# fails: a_window_counts_the_query_itself
import torch
from torch import Tensor


def build_keep_mask(
    q_len: int, k_len: int, lengths: Tensor | None = None, causal: bool = False, window: int | None = None
) -> Tensor:
    samples = 1 if lengths is None else len(lengths)
    keep = torch.zeros(samples, 1, q_len, k_len, dtype=torch.bool)
    for query in range(q_len):
        place = query + k_len - q_len
        stop = place + 1 if causal else k_len
        start = 0 if window is None else place - window + 1
        keep[:, :, query, start:stop] = True
    if lengths is not None:
        for sample, real in enumerate(lengths.tolist()):
            keep[sample, :, :, real:] = False
    return keep
