# fails: every_weight_is_dropped_once_and_on_its_own
import torch
from torch import Tensor, nn


class MultiHeadSelfAttention(nn.Module):
    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        if d_model % n_heads:
            raise ValueError(f"{n_heads} heads do not divide d_model={d_model}")
        self.n_heads = n_heads
        self.norm = nn.LayerNorm(d_model)
        self.qkv = nn.Linear(d_model, 3 * d_model)
        self.out = nn.Linear(d_model, d_model)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, key_keep: Tensor | None = None, causal: bool = False) -> Tensor:
        q, k, v = map(self.split, self.qkv(self.norm(x)).chunk(3, dim=-1))
        logits = q @ k.mT * q.shape[-1] ** -0.5
        keep = torch.ones_like(logits, dtype=torch.bool)
        if causal:
            keep = keep.tril()
        if key_keep is not None:
            keep = keep & key_keep[:, None, None, :]
        attn = logits.masked_fill(~keep, float("-inf")).softmax(dim=-1)
        attn = attn.masked_fill(~keep, 0.0)
        merged = (self.drop(attn) @ v).transpose(1, 2).flatten(2)
        return x + self.out(merged) * self.drop(torch.ones_like(x[..., :1]))

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.n_heads, -1)).transpose(1, 2)
