from torch import Tensor, nn


class MultiHeadSelfAttention(nn.Module):
    """x + dropout(out(attention(norm(x)))), with n_heads heads of width D = C / n_heads, C = d_model.

    Its submodules are norm = LayerNorm(C), qkv = Linear(C, 3 * C) and out = Linear(C, C). The outputs of qkv are C
    channels of queries, C of keys and C of values; in each, head h has the channels h·D to (h+1)·D - 1.
    Heads that do not divide d_model are refused with an exception.
    """

    def __init__(self, d_model: int, n_heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        raise NotImplementedError

    def forward(self, x: Tensor, key_keep: Tensor | None = None, causal: bool = False) -> Tensor:
        """x: (B, T, C). key_keep: bool (B, T), True for a real token, False for one that nobody may attend to.

        With causal, a token attends to itself and to those before it. In training, dropout falls on the attention
        weights after the softmax, and on what out returns. Everything stays finite where no key is left.
        """
        raise NotImplementedError
