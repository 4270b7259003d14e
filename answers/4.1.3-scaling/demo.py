# %% [markdown]
# # Why divide QKᵀ by √d_k, and what goes wrong without it?
# A dot product sums d_k terms, so its variance is d_k times that of one term:
# unscaled, the wider the head, the closer each softmax row is to an argmax.
# Dividing by √d_k makes its sharpness independent of head width.
# (Premise: independent entries of mean 0 and variance 1: a model of the start
# of training, not of a trained head.)
# %%
from collections import namedtuple

import torch

torch.manual_seed(0)
torch.set_num_threads(1)
B, T, S, E = 32, 48, 80, 56  # batch, queries, keys, width of v: all different, so a swapped axis cannot hide
WIDTHS = 16, 64, 256, 1024  # D, the paper's d_k
USUAL, WIDE = 64, 1024
Seen = namedtuple("Seen", "variance keys_in_use low median high")


def attend(D, divisor):
    """Attend at random: logit variance, keys in use, and three quantiles of the gradient over queries."""
    q = torch.randn(B, T, D, requires_grad=True)
    k, v = torch.randn(B, S, D), torch.randn(B, S, E)
    logits = q @ k.mT / divisor  # (B, T, S)
    attn = logits.softmax(dim=-1)
    keys_in_use = torch.special.entr(attn).sum(dim=-1).exp()  # (B, T): S if uniform, 1 if one-hot
    (attn @ v * torch.randn(B, T, E)).sum().backward()
    low, median, high = q.grad.norm(dim=-1).quantile(torch.tensor([0.1, 0.5, 0.9])).tolist()
    return Seen(logits.var().item(), keys_in_use.mean().item(), low, median, high)


raw, scaled, flat = ({D: attend(D, D**power) for D in WIDTHS} for power in (0, 0.5, 1))
print("divisor    d_k   variance  keys in use   query gradient: 10th percentile   median      90th")
for name, rows in ("1", raw), ("sqrt(d_k)", scaled), ("d_k", flat):
    for D, m in rows.items():
        gradient = f"{m.low:20.2e} {m.median:18.2e} {m.high:9.2e}"
        print(f"{name:9} {D:4} {m.variance:10.3f} {m.keys_in_use:7.1f} / {S} {gradient}")
# %% [markdown]
# ## Claim 1: dividing by √d_k brings every head width to logit variance 1
# %%
measured = max(abs(scaled[D].variance - 1) for D in WIDTHS)
control = min(abs(raw[D].variance - 1) for D in WIDTHS)
assert measured < 0.05 < control
# %% [markdown]
# ## Claim 2: unscaled, the median query's gradient is under a fifth of the scaled one at width 1024, not at 64
# %%
measured = raw[WIDE].median / scaled[WIDE].median
control = raw[USUAL].median / scaled[USUAL].median
assert measured < 0.2 < control
# %% [markdown]
# ## Claim 3: at width 64 the 90th percentile of gradients is over 30 times the 10th unscaled, not scaled
# %%
measured = raw[USUAL].high / raw[USUAL].low
control = scaled[USUAL].high / scaled[USUAL].low
assert control < 30 < measured
# %% [markdown]
# ## Claim 4: at width 1024 √d_k leaves under three quarters of the keys in use; d_k leaves nearly all
# %%
measured = scaled[WIDE].keys_in_use / S
control = flat[WIDE].keys_in_use / S
assert measured < 0.75 < control
# %% [markdown]
# ## Picture: gradient of a query against head width
# %%
lines = {"scaled, median": [scaled[D].median for D in WIDTHS]}
lines |= {f"raw, {part}": [getattr(raw[D], part) for D in WIDTHS] for part in ("low", "median", "high")}
picture = {"lines": lines, "x": WIDTHS, "log": "xy"}
