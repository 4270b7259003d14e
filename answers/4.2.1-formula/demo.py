# %% [markdown]
# # What does each step of softmax(QKᵀ/√d_k + M) V do?
# Match every query with every key, scale, hide what may not be seen, turn each
# row into weights, average the values. Leave out or misplace any step, and no
# shape complains, but the output is another.
# (Premise: one head, a causal mask, random tokens of unit variance, float64.)
# %%
import torch
from torch.nn.functional import scaled_dot_product_attention

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
B, T, C, D, E = 3, 48, 40, 32, 24  # batch, tokens, width of the model, of q and k, of v


def plain_softmax(logits):
    return logits.exp() / logits.exp().sum(dim=-1, keepdim=True)


def softmax(logits):
    return plain_softmax(logits - logits.amax(dim=-1, keepdim=True))  # the largest exp is e⁰ = 1


def judge(out):
    """Distance from the library's output; how many numbers lie outside the range of the values in sight."""
    low, high = v.cummin(dim=1).values, v.cummax(dim=1).values  # (B, T, E), over the tokens up to each
    outside = (out < low - 1e-12) | (out > high + 1e-12)
    return ((out - library).norm() / library.norm()).item(), outside.sum().item()


def float32_error(softmax):
    """The worst error of weights whose logits, in float32, run into the thousands."""
    large = (1000 * logits).float()
    return (softmax(large) - large.double().softmax(dim=-1)).abs().max().nan_to_num(torch.inf).item()


x = torch.randn(B, T, C)
q, k, v = (x @ torch.randn(C, width) / C**0.5 for width in (D, D, E))  # (B, T, D), (B, S, D), (B, S, E)
causal = torch.ones(T, T).tril().bool()  # (T, S), True = may look
scores = q @ k.mT  # (B, T, S): each query with each key
logits = scores / D**0.5
masked = logits.masked_fill(~causal, -torch.inf)
attn = softmax(masked)  # each row sums to 1 over the keys
library = scaled_dot_product_attention(q, k, v, attn_mask=causal)
error, strays = judge(attn @ v)  # (B, T, E)
wrong = {
    "no scale": judge(scores.masked_fill(~causal, -torch.inf).softmax(dim=-1) @ v),
    "divided by d_k": judge((scores / D).masked_fill(~causal, -torch.inf).softmax(dim=-1) @ v),
    "no mask": judge(logits.softmax(dim=-1) @ v),
    "mask after softmax": judge((logits.softmax(dim=-1) * causal) @ v),
    "softmax over queries": judge(masked.softmax(dim=-2) @ v),
    "no softmax": judge((logits * causal) @ v),
}
stable, overflown = float32_error(softmax), float32_error(plain_softmax)
print(f"steps                  distance from the library   numbers out of range, of {v.numel()}")
for name, row in {"the formula": (error, strays), **wrong}.items():
    print("{:22} {:25.1e} {:33}".format(name, *row))
print(f"error of float32 weights of large logits: {stable:.0e}; without subtracting the maximum NaN, as {overflown}")
# %% [markdown]
# ## Claim 1: step by step the formula gives the library's result; with a step left out or misplaced it does not
# %%
measured, control = error, min(distance for distance, _ in wrong.values())
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 2: outputs stay in the range of the values in sight; not without softmax, over queries, or masked after it
# %%
measured, control = strays, min(wrong[name][1] for name in ("mask after softmax", "softmax over queries", "no softmax"))
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 3: less its maximum, a row of logits in the thousands gives right float32 weights; as it stands, NaN
# %%
measured, control = stable, overflown
assert measured < 1e-5 < control
# %% [markdown]
# ## Picture: scaled scores s (shrunk to 0..1) and weights w: none beyond the diagonal, each row sums to 1
# %%
s, w = logits[0, :6, :6], attn[0, :6, :6]
grid = torch.cat([(s - s.min()) / (s.max() - s.min()), w], dim=1)  # (6, 6 + 6)
picture = {"heatmap": grid.tolist(), "rows": list("012345"), "columns": [f"{a}{i}" for a in "sw" for i in range(6)]}
