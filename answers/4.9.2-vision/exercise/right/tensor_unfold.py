from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    if H % p > 0 or W % p > 0:
        raise ValueError(f"{H} x {W} is no multiple of {p}")
    windows = img.unfold(2, p, p).unfold(3, p, p)  # (B, C, rows, columns, p, p)
    return windows.permute(0, 2, 3, 1, 4, 5).contiguous().view(B, -1, C * p * p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    B, _, width = tokens.shape
    C = width // p**2
    x = tokens.reshape(B, H // p, W // p, C, p, p).movedim(3, 1)  # (B, C, rows, columns, p, p)
    return x.transpose(3, 4).reshape(B, C, H, W)
