from torch import Tensor


def patchify(img: Tensor, p: int) -> Tensor:
    B, C, H, W = img.shape
    if H % p or W % p:
        raise ValueError(f"patches of {p} pixels do not divide an image of {H} x {W}")
    x = img.reshape(B, C, H // p, p, W // p, p)  # (B, C, rows, p, columns, p)
    return x.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)  # (B, rows, columns, C, p, p), then (B, N, C·p·p)


def unpatchify(tokens: Tensor, p: int, H: int, W: int) -> Tensor:
    x = tokens.reshape(tokens.shape[0], H // p, W // p, -1, p, p)  # (B, rows, columns, C, p, p)
    return x.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)  # (B, C, rows, p, columns, p), then (B, C, H, W)
