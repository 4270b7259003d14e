import math

import torch
import torch.nn as nn


class CrossAttention(nn.Module):
    """einsum, a finite fill and an explicit normalisation."""

    def __init__(self, d_model, d_mem, n_heads):
        super().__init__()
        assert d_model % n_heads == 0
        self.h, self.d = n_heads, d_model // n_heads
        self.q = nn.Linear(d_model, d_model)
        self.kv = nn.Linear(d_mem, 2 * d_model)
        self.out = nn.Linear(d_model, d_model)

    def project(self, memory):
        kv = self.kv(memory).unflatten(-1, (2, self.h, self.d))
        return tuple(torch.einsum("bsphd->pbhsd", kv))

    def forward(self, x, memory=None, memory_keep=None, kv=None):
        if kv is None:
            kv = self.project(memory)
        keys, values = kv
        queries = self.q(x).unflatten(-1, (self.h, self.d)) / math.sqrt(self.d)
        scores = torch.einsum("bthd,bhsd->bhts", queries, keys)
        keep = torch.ones(keys.shape[0], keys.shape[2], dtype=torch.bool, device=x.device)
        if memory_keep is not None:
            keep = memory_keep
        scores = scores.masked_fill(~keep[:, None, None], torch.finfo(scores.dtype).min)
        weights = torch.exp(scores - scores.amax(-1, keepdim=True).detach()) * keep[:, None, None]
        weights = weights / weights.sum(-1, keepdim=True).clamp_min(1e-30)
        return self.out(torch.einsum("bhts,bhsd->bthd", weights, values).flatten(-2))
