# fails: nothing_is_drawn_at_random
from torch import Tensor, nn


class CrossAttention(nn.Module):
    def __init__(self, d_model: int, d_mem: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.q = nn.Linear(d_model, d_model)
        self.kv = nn.Linear(d_mem, 2 * d_model)
        self.out = nn.Linear(d_model, d_model)
        self.dropout = nn.Dropout(0.1)

    def project(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        keys, values = self.kv(memory).chunk(2, dim=-1)
        return self.split(keys), self.split(values)

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        memory_keep: Tensor | None = None,
        kv: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        k, v = self.project(memory) if kv is None else kv
        q = self.split(self.q(x))
        logits = q @ k.mT * q.shape[-1] ** -0.5
        if memory_keep is None:
            attn = logits.softmax(dim=-1)
        else:
            hidden = ~memory_keep[:, None, None, :]
            attn = logits.masked_fill(hidden, float("-inf")).softmax(dim=-1)
            attn = attn.masked_fill(hidden, 0.0)
        attn = self.dropout(attn)
        return self.out((attn @ v).transpose(1, 2).flatten(2))

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.n_heads, -1)).transpose(1, 2)
