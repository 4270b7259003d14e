# %% [markdown]
# # Three tokens of self-attention by hand: is every number right?
# TEXT holds them as the answer prints them; attend() redoes the steps, and the library checks both.
# (Premise: one head, no W_O; rounded to four decimals, a number is off by at most 0.00005.)
# %%
import torch
from torch.nn.functional import scaled_dot_product_attention

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
X = torch.tensor([[1.0, 0, 2, 0], [0, 0, 0, 2], [1, 2, 1, 0]])  # (n, d), a row is a token
W_Q = torch.tensor([[0.0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0]])  # (d, d_k): q = (x₄, x₂, x₁, x₃)
W_K = torch.tensor([[0.0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 0, 1, 0]])  # (d, d_k): k = (x₃, x₁, x₄, x₂)
W_V = torch.tensor([[1.0, 0], [0, 1], [0, 0], [0, 1]])  # (d, d_v): v = (x₁, x₂ + x₄)
FULL = torch.ones(3, 3).bool()  # (queries, keys), True = may look
TEXT = {
    "Q": [[0, 0, 1, 2], [2, 0, 0, 0], [0, 2, 1, 1]],
    "K": [[2, 1, 0, 0], [0, 0, 2, 0], [1, 1, 0, 2]],
    "V": [[1, 0], [0, 2], [1, 2]],
    "scores": [[0, 2, 4], [4, 0, 2], [2, 2, 4]],
    "scaled": [[0, 1, 2], [2, 0, 1], [1, 1, 2]],
    "exp": [[1, 2.7183, 7.3891], [7.3891, 1, 2.7183], [2.7183, 2.7183, 7.3891]],
    "row sums": [[11.1073], [11.1073], [12.8256]],
    "weights": [[0.0900, 0.2447, 0.6652], [0.6652, 0.0900, 0.2447], [0.2119, 0.2119, 0.5761]],
    "output": [[0.7553, 1.8199], [0.9100, 0.6695], [0.7881, 1.5761]],
}
CAUSAL = {"weights": [[1, 0, 0], [0.8808, 0.1192, 0], TEXT["weights"][2]]}
CAUSAL["output"] = [[1, 0], [0.8808, 0.2384], TEXT["output"][2]]


def attend(X, W_Q, W_K, W_V, *, divisor=2, keep=FULL, decimals=15):
    """The tables of every step, what has to be rounded rounded to so many decimals."""
    Q, K, V = X @ W_Q, X @ W_K, X @ W_V  # (n, d_k), (n, d_k), (n, d_v)
    scaled = (scores := Q @ K.T) / divisor  # (n, n): row i holds query i against every key
    exp = scaled.exp().round(decimals=decimals) * keep
    sums = exp.sum(dim=1, keepdim=True)  # (n, 1)
    weights = (exp / sums).round(decimals=decimals)
    return dict(zip(TEXT, (Q, K, V, scores, scaled, exp, sums, weights, weights @ V), strict=True))


def library(tables, keep=FULL):
    """Weights, which are the output where the values are the identity, and output of the library."""
    q, k, v = (tables[name][None] for name in "QKV")  # (1, n, d_k), (1, n, d_k), (1, n, d_v)
    values = {"weights": torch.eye(3)[None], "output": v}
    return {name: scaled_dot_product_attention(q, k, value, attn_mask=keep)[0] for name, value in values.items()}


def gap(tables, others):
    """The largest difference in the tables that the second one has."""
    return max((torch.as_tensor(t) - tables[name]).abs().max().item() for name, t in others.items())


example, past = (X, W_Q, W_K, W_V), FULL.tril()
tables, causal, unscaled = attend(*example), attend(*example, keep=past), attend(*example, divisor=1)
others = [(torch.randn(3, 4), *torch.randn(2, 4, 4) / 2, torch.randn(4, 2)) for _ in range(50)]
error = max(gap(t := attend(*one, keep=keep), library(t, keep)) for one in (example, *others) for keep in (FULL, past))
for name, table in (*tables.items(), *((f"causal {name}", causal[name]) for name in CAUSAL)):
    print(f"{name:14}", " | ".join(" ".join(f"{a:.4f}".removesuffix(".0000") for a in row) for row in table))
# %% [markdown]
# ## Claim 1: the steps equal the library's, here and on 50 random examples, full and causal; unscaled they do not
# %%
measured, control = error, gap(unscaled, library(tables))
assert measured < 1e-12 < control
# %% [markdown]
# ## Claim 2: every number of the text is right to four decimals, causal ones too; without the scale they are not
# %%
measured, control = max(gap(tables, TEXT), gap(causal, CAUSAL)), gap(unscaled, TEXT)
assert measured < 5e-5 < control
# %% [markdown]
# ## Claim 3: masked after the softmax, or with zeros before it, a causal weight is off by over a half
# %%
wrong = tables["weights"] * past, (tables["scaled"] * past).softmax(dim=1)
measured, control = min(gap(causal, {"weights": w}) for w in wrong), gap(causal, library(tables, past))
assert control < 0.5 < measured
# %% [markdown]
# ## Claim 4: four decimals kept at each step move no output by two units of the fourth; two decimals do
# %%
measured, control = (gap(attend(*example, decimals=digits), {"output": tables["output"]}) for digits in (4, 2))
assert measured < 0.0002 < control
