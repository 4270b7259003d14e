from torch import Tensor


def flash_attention(
    q: Tensor, k: Tensor, v: Tensor, block: int = 64, causal: bool = False, key_keep: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Attention of one head, with the keys taken `block` at a time: (out, lse), both in the dtype of q.

    q: (T, D)   k: (S, D)   v: (S, Dv)   scores are scaled by 1/√D
    block: any size from 1; it need not divide S, and may be larger
    causal: query i may use the keys 0 to i only; then S is T
    key_keep: bool (S,), True for a key that may be used; together with causal, a key has to pass both
    out: (T, Dv), the weighted average of the values
    lse: (T,), the logarithm of the sum of exp(scaled score) over the keys that the query may use
    A query without a usable key gets out 0 and lse -inf. No tensor made on the way has more than 2·T·block elements,
    those of the size of an input or result aside, and a few of them at a time. Gradients flow back through out.
    """
    raise NotImplementedError
