from torch import Tensor


def split_heads(x: Tensor, n_heads: int) -> Tensor:
    """(B, T, C) to (B, H, T, D) with D = C / H: head h gets the channels h·D to (h+1)·D - 1 of every token.

    ValueError if n_heads does not divide C. The result may be a view.
    """
    raise NotImplementedError


def merge_heads(x: Tensor) -> Tensor:
    """(B, H, T, D) to (B, T, C) with C = H·D: what split_heads took apart, as it was. The result may be a view."""
    raise NotImplementedError
