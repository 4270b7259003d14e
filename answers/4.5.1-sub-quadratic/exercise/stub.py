from torch import Tensor


def sliding_window_attention(q: Tensor, k: Tensor, v: Tensor, window: int) -> Tensor:
    """Causal softmax attention in which a query sees `window` keys, its own included: i - window < j <= i.

    q, k, v: (B, H, T, D), of any length T
    window: 1 or more; it may be longer than the sequence
    Returns (B, H, T, D) in the dtype of the inputs. Time and memory grow with T · window, not with T².
    """
    raise NotImplementedError
