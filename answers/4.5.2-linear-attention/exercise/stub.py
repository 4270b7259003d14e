from torch import Tensor


def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, state: tuple[Tensor, Tensor] | None = None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Causal linear attention: out_t = φ(q_t)ᵀ S_t / φ(q_t)ᵀ z_t with φ(x) = elu(x) + 1, and the state it ends in.

    q, k: (B, H, T, D)   v: (B, H, T, Dv)
    S_t: (B, H, D, Dv), the sum of φ(k_j) v_jᵀ over j <= t   z_t: (B, H, D), the sum of φ(k_j) over j <= t
    state: (S, z) of the tokens before these; the sums go on from there. None: there are none.
    Returns out (B, H, T, Dv) and the state after the last token, (S, z), in the dtype of the inputs.
    Nothing is added to the denominator. Time and memory grow with T, not with T².
    """
    raise NotImplementedError
