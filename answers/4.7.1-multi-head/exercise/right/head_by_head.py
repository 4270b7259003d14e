import math

import torch
import torch.nn as nn


class MultiHeadSelfAttention(nn.Module):
    """A loop over the heads, a finite fill, and dropout by function."""

    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0):
        super().__init__()
        if d_model % n_heads != 0:
            raise ValueError("d_model must be divisible by n_heads")
        self.width = d_model // n_heads
        self.n_heads = n_heads
        self.dropout = dropout
        self.norm = nn.LayerNorm(d_model)
        self.qkv = nn.Linear(d_model, d_model * 3)
        self.out = nn.Linear(d_model, d_model)

    def forward(self, x, key_keep=None, causal=False):
        T, C = x.shape[1:]
        qkv = self.qkv(self.norm(x))
        bias = x.new_zeros(x.shape[0], T, T)
        if causal:
            ahead = torch.triu(torch.ones(T, T, dtype=torch.bool, device=x.device), diagonal=1)
            bias = bias.masked_fill(ahead, torch.finfo(x.dtype).min)
        if key_keep is not None:
            bias = bias.masked_fill(~key_keep.unsqueeze(1), torch.finfo(x.dtype).min)
        heads = []
        for h in range(self.n_heads):
            q, k, v = (qkv[..., part * C + h * self.width : part * C + (h + 1) * self.width] for part in range(3))
            scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(self.width) + bias
            weights = nn.functional.dropout(torch.softmax(scores, dim=-1), self.dropout, self.training)
            heads.append(torch.bmm(weights, v))
        return x + nn.functional.dropout(self.out(torch.cat(heads, dim=-1)), self.dropout, self.training)
