from torch import Tensor, nn


class CrossAttention(nn.Module):
    """out(attention(q(x), kv(memory))), with n_heads heads of width D = C / n_heads, C = d_model, M = d_mem.

    Its submodules are q = Linear(C, C), kv = Linear(M, 2 * C) and out = Linear(C, C). The outputs of kv are C channels
    of keys and C of values; in queries, keys and values head h has the channels h·D to (h+1)·D - 1.
    There is no causal mask, no residual connection and no dropout.
    """

    def __init__(self, d_model: int, d_mem: int, n_heads: int) -> None:
        super().__init__()
        raise NotImplementedError

    def project(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """The keys and the values of memory (B, S, M), by head: two tensors (B, H, S, D)."""
        raise NotImplementedError

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        memory_keep: Tensor | None = None,
        kv: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """x: (B, T, C) to (B, T, C). memory: (B, S, M). memory_keep: bool (B, S), True for a token that may be read.

        kv is what project returned: when it is given, it is used and self.kv is not called, be memory given or not.
        Where nothing may be read the result is out.bias, and gradients are finite.
        """
        raise NotImplementedError
