import torch


def build_keep_mask(q_len, k_len, lengths=None, causal=False, window=None):
    # How far each key lies behind the query: 0 is the query's own, negative is the future.
    behind = torch.arange(k_len).view(1, 1, 1, -1).sub(torch.arange(q_len).view(-1, 1) + k_len - q_len).neg()
    hidden = torch.zeros_like(behind, dtype=torch.bool)
    if causal:
        hidden |= behind < 0
    if window is not None:
        hidden |= behind.abs() >= window
    if lengths is not None:
        hidden = hidden | (lengths.view(-1, 1, 1, 1) <= torch.arange(k_len))
    return hidden.logical_not()
