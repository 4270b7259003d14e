import math

import torch


def layer_norm(x, w, b, eps=1e-5):
    D = x.shape[-1]
    rows = x.double().reshape(-1, D)
    centred = rows - (rows @ rows.new_full((D, D), 1 / D))
    norm = torch.hypot(torch.linalg.vector_norm(centred, dim=1), torch.tensor(math.sqrt(D * eps)).double())
    out = torch.einsum("nd,n,d->nd", centred, math.sqrt(D) / norm, w.double()) + b.double()
    return out.reshape(x.shape).to(x.dtype)


def rms_norm(x, w, eps=1e-6):
    D = x.shape[-1]
    rows = x.double().reshape(-1, D)
    square = torch.einsum("nd,nd->n", rows, rows) / D
    out = rows * (square + eps).pow(-0.5).unsqueeze(1) * w.double()
    return out.reshape(x.shape).to(x.dtype)
