from torch import Tensor


def build_keep_mask(
    q_len: int, k_len: int, lengths: Tensor | None = None, causal: bool = False, window: int | None = None
) -> Tensor:
    """Which of the k_len keys (S) may each of the q_len queries (T) attend to? True where it may.

    lengths: int64 (B,), the number of real keys of each sample, 0 to S; what comes after them is padding
    causal: no key after the query itself. The queries are the last T of the S tokens: query i stands at i + (S - T)
    window: only the last `window` keys, the query's own included; at least 1, may exceed S, comes with causal only
    A key has to pass every rule that is given. With causal, T <= S.
    Returns bool (B, 1, T, S), ready for logits of (B, H, T, S); without lengths (1, 1, T, S). lengths stays as it was.
    """
    raise NotImplementedError
