import torch
from torch.nn import functional


def build_keep_mask(q_len, k_len, lengths=None, causal=False, window=None):
    square = torch.full((k_len, k_len), True)
    if causal:
        square.tril_()
    if window:
        older = torch.ones(k_len, k_len).tril(-window).bool()
        square &= ~older
    keep = square[k_len - q_len :].expand(1, 1, q_len, k_len)
    if lengths is not None:
        # A one behind the last real key; the running sum is 0 before it.
        ended = functional.one_hot(lengths, k_len + 1).cumsum(-1)[:, :k_len]
        keep = keep & (ended == 0)[:, None, None, :]
    return keep
