from typing import Any

from torch import Tensor


def cached_attention(q: Tensor, k_new: Tensor, v_new: Tensor, cache: dict[str, Any]) -> Tensor:
    """Append T new tokens to the cache, and let their queries attend to all tokens up to their own.

    q: (B, H, T, D)   k_new, v_new: (B, Hkv, T, D), T >= 1: a chunk of the prompt, or one token
    cache: {"k": (B, Hkv, N, D), "v": (B, Hkv, N, D), "len": int}, room for N tokens, the first `len` are there
    The new keys and values are written into the slots from `len` on, in place, and `len` grows by T.
    Query t stands at len + t (len as it was) and attends to itself and to every token before it, scaled by 1/√D.
    H = G · Hkv: query head h attends to the key and value head h // G.
    ValueError if there is no room for all T. What stands in the slots that are not filled yet (NaN!) has no influence.
    Returns (B, H, T, D) in the dtype of q.
    """
    raise NotImplementedError
