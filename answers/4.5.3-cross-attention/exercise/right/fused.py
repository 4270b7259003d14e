from torch import nn
from torch.nn import functional


class CrossAttention(nn.Module):
    """functional.scaled_dot_product_attention, whose masked rows are zeros."""

    def __init__(self, d_model, d_mem, n_heads):
        super().__init__()
        self.q = nn.Linear(d_model, d_model)
        self.kv = nn.Linear(d_mem, 2 * d_model)
        self.out = nn.Linear(d_model, d_model)
        self.heads, self.width = n_heads, d_model // n_heads

    def project(self, memory):
        B, S, _ = memory.shape
        k, v = self.kv(memory).view(B, S, 2, self.heads, self.width).permute(2, 0, 3, 1, 4)
        return k, v

    def forward(self, x, memory=None, memory_keep=None, kv=None):
        B, T, C = x.shape
        k, v = kv if kv is not None else self.project(memory)
        q = self.q(x).view(B, T, self.heads, self.width).transpose(1, 2)
        mask = None if memory_keep is None else memory_keep.view(B, 1, 1, -1)
        y = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.out(y.transpose(1, 2).reshape(B, T, C))
