# fails: the_arguments_stay_as_they_were
# bug: k is scaled in place, at every step anew when it is given | k 被原地缩放，传入的缓存每一步都再缩放一次
from torch import Tensor, nn


class CrossAttention(nn.Module):
    def __init__(self, d_model: int, d_mem: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.q = nn.Linear(d_model, d_model)
        self.kv = nn.Linear(d_mem, 2 * d_model)
        self.out = nn.Linear(d_model, d_model)

    def project(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        projected = self.kv(memory)
        keys, values = projected[..., : self.out.in_features], projected[..., self.out.in_features :]
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
        k *= q.shape[-1] ** -0.5
        logits = q @ k.mT
        if memory_keep is None:
            attn = logits.softmax(dim=-1)
        else:
            hidden = ~memory_keep[:, None, None, :]
            attn = logits.masked_fill(hidden, float("-inf")).softmax(dim=-1)
            attn = attn.masked_fill(hidden, 0.0)
        return self.out((attn @ v).transpose(1, 2).flatten(2))

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.n_heads, -1)).transpose(1, 2)
