# fails: scores_of_1e4_are_survived
import torch
from torch import Tensor


def flash_attention(
    q: Tensor, k: Tensor, v: Tensor, block: int = 64, causal: bool = False, key_keep: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    (T, D), (S, Dv) = q.shape, v.shape
    total, out = q.new_zeros(T, 1), q.new_zeros(T, Dv)
    queries, keys = torch.arange(T)[:, None], torch.arange(S)
    for start in range(0, S, block):
        tile = slice(start, start + block)
        attn = (q @ k[tile].mT * D**-0.5).exp()
        if causal:
            attn = attn.masked_fill(keys[tile] > queries, 0.0)
        if key_keep is not None:
            attn = attn * key_keep[tile]
        total = total + attn.sum(dim=-1, keepdim=True)
        out = out + attn @ v[tile]
    return out / total.masked_fill(total == 0, 1.0), total.log().squeeze(dim=-1)
