import torch
from torch import nn


class CrossAttention(nn.Module):
    """A loop over samples and heads that reads only the keys that are kept."""

    def __init__(self, d_model: int, d_mem: int, n_heads: int):
        super().__init__()
        self.n_heads = n_heads
        self.head_width = d_model // n_heads
        self.q = nn.Linear(d_model, d_model)
        self.kv = nn.Linear(d_mem, d_model * 2)
        self.out = nn.Linear(d_model, d_model)

    def project(self, memory):
        parts = self.kv(memory).split(self.head_width, dim=-1)
        k = torch.stack(parts[: self.n_heads], dim=1)
        v = torch.stack(parts[self.n_heads :], dim=1)
        return k, v

    def forward(self, x, memory=None, memory_keep=None, kv=None):
        if kv is None:
            kv = self.project(memory)
        k, v = kv
        q = self.q(x)
        y = torch.zeros_like(q)
        for b in range(x.shape[0]):
            kept = slice(None) if memory_keep is None else memory_keep[b].nonzero().flatten()
            for h in range(self.n_heads):
                channels = slice(h * self.head_width, (h + 1) * self.head_width)
                scores = q[b, :, channels] @ k[b, h, kept].T / self.head_width**0.5
                y[b, :, channels] = torch.softmax(scores, dim=-1) @ v[b, h, kept]
        return self.out(y)
