def split_heads(x, n_heads):
    if x.size(-1) % n_heads != 0:
        raise ValueError(f"C={x.size(-1)} is no multiple of {n_heads}")
    return x.mT.unflatten(1, (n_heads, -1)).mT


def merge_heads(x):
    return x.mT.flatten(1, 2).mT
