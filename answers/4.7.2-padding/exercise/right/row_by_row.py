import torch


def build_keep_mask(q_len, k_len, lengths=None, causal=False, window=None):
    samples = [k_len] if lengths is None else lengths.tolist()
    keep = torch.zeros(len(samples), 1, q_len, k_len, dtype=torch.bool)
    for sample, real in enumerate(samples):
        for query in range(q_len):
            place = query + k_len - q_len
            stop = min(real, place + 1) if causal else real
            start = 0 if window is None else max(0, place - window + 1)
            keep[sample, 0, query, start : max(stop, 0)] = True
    return keep
