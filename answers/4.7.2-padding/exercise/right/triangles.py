import torch


def build_keep_mask(q_len, k_len, lengths=None, causal=False, window=None):
    keep = torch.ones(q_len, k_len, dtype=torch.bool)
    offset = k_len - q_len
    if causal:
        keep = keep.tril(offset)
    if window is not None:
        keep = keep.triu(offset - window + 1)
    if lengths is None:
        return keep[None, None]
    real = torch.arange(k_len).unsqueeze(0) < lengths.unsqueeze(1)
    return torch.logical_and(keep, real[:, None, None])
