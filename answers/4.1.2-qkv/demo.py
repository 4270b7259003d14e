# %% [markdown]
# # What are Q, K and V, and why not compare the inputs directly?
# A query says what a token looks for, a key what it is found by, a value what
# it hands over. Raw similarity, X Xᵀ, has nothing to learn, is symmetric and
# peaks on its diagonal. Two small tasks show what each projection adds.
# (Premise: one head, no W_O, random tokens of unit variance.)
# %%
import torch
from torch.nn.functional import cross_entropy, mse_loss

torch.manual_seed(0)
torch.set_num_threads(1)
T, C, D = 40, 32, 20  # tokens, model width, head width
x = torch.randn(T, C)
previous = (torch.arange(T) - 1) % T  # directed: i seeks i-1, round a ring
partner = torch.arange(T) ^ 1  # mutual: 0 seeks 1 and 1 seeks 0, and so on


def scores(w_q, w_k):
    return (x @ w_q) @ (x @ w_k).T / w_q.shape[-1] ** 0.5  # (T, T)


def others(w_q, w_k):
    """Log-weights with oneself masked, so that self-similarity is no excuse."""
    return scores(w_q, w_k).masked_fill(torch.eye(T, dtype=torch.bool), -torch.inf).log_softmax(dim=-1)


def projections(*widths):
    return [(torch.randn(C, width) / C**0.5).requires_grad_() for width in widths]


def learn(loss, *widths):
    """Train one projection for each width: what is left of the loss, and the projections."""
    trained = projections(*widths)
    optimizer = torch.optim.Adam(trained, lr=0.01)
    for _ in range(500):
        optimizer.zero_grad()
        left = loss(*trained)
        left.backward()
        optimizer.step()
    return left.item(), trained


identity = [torch.eye(C)] * 2
raw, projected = (scores(*pair).softmax(dim=-1).diagonal().mean().item() for pair in (identity, projections(D, D)))
separate, (w_q, w_k) = learn(lambda w_q, w_k: cross_entropy(others(w_q, w_k), previous), D, D)
shared, (w,) = learn(lambda w: cross_entropy(others(w, w), previous), D)
mutual, _ = learn(lambda w: cross_entropy(others(w, w), partner), D)
reverse = -x[previous]  # to hand over: the token before, negated
with_v, _ = learn(lambda w_q, w_k, w_v: mse_loss(others(w_q, w_k).exp() @ x @ w_v, reverse), D, D, C)
without_v, _ = learn(lambda w_q, w_k: mse_loss(others(w_q, w_k).exp() @ x, reverse), D, D)
print(f"weight on oneself         X Xᵀ {raw:.3f}       random W_Q, W_K {projected:.3f}       uniform {1 / T:.3f}")
print(f"find the token before     W_Q = W_K {shared:.3f}  W_Q, W_K {separate:.5f}            (loss; ln 2 = 0.693)")
print(f"find one's partner        W_Q = W_K {mutual:.5f}")
print(f"reverse the token before  V = X {without_v:.3f}      V = X W_V {with_v:.3f}              (mean square)")
# %% [markdown]
# ## Claim 1: compared directly, a token gives itself over half its weight; through random W_Q and W_K it does not
# %%
measured, control = raw, projected
assert control < 0.5 < measured
# %% [markdown]
# ## Claim 2: separate W_Q and W_K learn to find the token before (loss under 0.01); one shared projection does not
# %%
measured, control = separate, shared
assert measured < 0.01 < control
# %% [markdown]
# ## Claim 3: sharing one projection keeps the loss above 0.69 (ln 2) on this directed relation, not on a mutual one
# %%
measured, control = shared, mutual
assert control < 0.69 < measured
# %% [markdown]
# ## Claim 4: with W_V a head hands over the reverse of a token (error under 0.2); without, an average of inputs cannot
# %%
measured, control = with_v, without_v
assert measured < 0.2 < control
# %% [markdown]
# ## Picture: learned weights: separate W_Q, W_K find i-1 (left); shared ones waver between i-1 and i+1 (right)
# %%
sides = [others(*pair).exp()[:12, :12] for pair in ((w_q, w_k), (w, w))]
labels = [str(i) for i in range(12)]
picture = {"heatmap": torch.cat(sides, dim=1).tolist(), "rows": labels, "columns": labels * 2}
