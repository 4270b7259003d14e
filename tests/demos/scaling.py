# %% [markdown]
# # Why divide QKᵀ by √d_k?
# A dot product sums d_k terms, so its variance is d_k times that of one term.
# Unscaled, logits spread further as heads get wider and the softmax turns into
# an argmax. Dividing by √d_k makes its sharpness independent of head width.
# (Premise: independent entries of unit variance, as at initialisation.)
# %%
from collections import namedtuple

import torch

torch.manual_seed(0)
B, T, S = 32, 48, 80  # batch, queries, keys: all different, so a swapped axis cannot hide
WIDTHS = 16, 64, 256, 1024  # D, the paper's d_k
NARROW, WIDE = WIDTHS[0], WIDTHS[-1]
Seen = namedtuple("Seen", "variance keys_in_use gradient")


def attend(D, divisor):
    """Attend at random: logit variance, keys in use, gradient at the median query."""
    q = torch.randn(B, T, D, requires_grad=True)
    k, v = torch.randn(2, B, S, D)
    logits = q @ k.mT / divisor  # (B, T, S)
    attn = logits.softmax(dim=-1)
    keys_in_use = torch.special.entr(attn).sum(dim=-1).exp()  # (B, T): S if uniform, 1 if one-hot
    (attn @ v * torch.randn(B, T, D)).sum().backward()
    gradient = q.grad.norm(dim=-1) / D**0.5  # (B, T)
    return Seen(logits.var().item(), keys_in_use.mean().item(), gradient.median().item())


raw = {D: attend(D, divisor=1) for D in WIDTHS}
scaled = {D: attend(D, divisor=D**0.5) for D in WIDTHS}
print("divisor   d_k   variance  keys in use   gradient")
for name, rows in ("1", raw), ("sqrt(d_k)", scaled):
    for D, m in rows.items():
        print(f"{name:9} {D:4} {m.variance:9.3f} {m.keys_in_use:8.1f} / {S} {m.gradient:10.4f}")
# %% [markdown]
# ## Claim 1: dividing by √d_k brings every head width to logit variance 1
# %%
measured = max(abs(scaled[D].variance - 1) for D in WIDTHS)  # standard error about 0.01
control = min(abs(raw[D].variance - 1) for D in WIDTHS)
assert measured < 0.05 < control
# %% [markdown]
# ## Claim 2: unscaled, the typical query of a wide head gets almost no gradient
# %%
measured = raw[WIDE].gradient / scaled[WIDE].gradient
control = raw[NARROW].gradient / scaled[NARROW].gradient
assert measured < 0.1 < control
# %% [markdown]
# ## Picture: keys in use against head width
# %%
picture = {
    "lines": {"raw": [raw[D].keys_in_use for D in WIDTHS], "scaled": [scaled[D].keys_in_use for D in WIDTHS]},
    "x": WIDTHS,
    "log": "x",
}
