import torch
from torch import nn
from torch.nn import functional


class MultiHeadSelfAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0):
        super().__init__()
        assert d_model % n_heads == 0, "n_heads must divide d_model"
        self.norm = nn.LayerNorm(d_model)
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.out = nn.Linear(d_model, d_model)
        self.resid_dropout = nn.Dropout(dropout)
        self.heads, self.p = n_heads, dropout

    def forward(self, x, key_keep=None, causal=False):
        q, k, v = self.qkv(self.norm(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        T = x.shape[1]
        mask = torch.ones(T, T, dtype=torch.bool, device=x.device)
        mask = mask.tril() if causal else mask
        mask = mask if key_keep is None else mask & key_keep[:, None, None, :]
        some = mask.any(-1, keepdim=True)
        p = self.p if self.training else 0.0
        y = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask | ~some, dropout_p=p)
        y = y.masked_fill(~some, 0.0)
        return x + self.resid_dropout(self.out(y.transpose(1, 2).flatten(2)))
