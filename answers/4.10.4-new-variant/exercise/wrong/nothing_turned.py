# fails: the_first_pair_turns_counter_clockwise
from torch import Tensor


def apply_rope(x: Tensor, pos: Tensor, base: float = 10000.0) -> Tensor:
    D = x.shape[-1]
    if D % 2:
        raise ValueError(f"{D} channels do not form pairs")
    return x.clone()
