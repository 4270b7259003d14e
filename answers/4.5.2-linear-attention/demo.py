# %% [markdown]
# # What is linear attention, where does its O(n) come from, and what does it give up?
# With a kernel φ(q)·φ(k) in the place of exp(q·k), the sum over keys no longer depends on
# the query: it is a state of fixed size, to which each token adds φ(k)vᵀ. What is stored
# in it beyond its size interferes. (Premise: φ(x) = elu(x) + 1; no decay, no gates.)
# %%
import torch
from torch import nn
from torch.nn.functional import cross_entropy, elu, normalize
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
torch.set_num_threads(1)
T, D, E, V = 96, 24, 40, 64  # tokens, width of q and k, of v; vocabulary of the recall task


def softmax_attention(q, k, v):
    return (q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-1) @ v


def linear_attention(q, k, v):
    q, k = elu(q) + 1, elu(k) + 1  # every query sees every key
    return q @ (k.mT @ v) / (q @ k.sum(dim=-2)[..., None])


def quadratic(q, k, v):
    attn = ((elu(q) + 1) @ (elu(k) + 1).mT).tril()  # (T, T), all pairs under a causal mask
    return attn @ v / attn.sum(dim=-1, keepdim=True)


def chunked(q, k, v, size=16):
    """Causal, pairs within a chunk and a state between chunks; with size 1 it is a recurrence."""
    state, total, outs = v.new_zeros(D, E), v.new_zeros(D), []
    for at in range(0, len(q), size):
        a, b, c = elu(q[at : at + size]) + 1, elu(k[at : at + size]) + 1, v[at : at + size]
        attn = (a @ b.mT).tril()  # (size, size)
        outs.append((attn @ c + a @ state) / (attn.sum(dim=-1) + a @ total)[:, None])
        state, total = state + b.mT @ c, total + b.sum(dim=0)
    return torch.cat(outs)


def flops(attend, n):
    with FlopCounterMode(display=False) as counter:
        attend(*torch.randn(3, n, 64))
    return counter.get_total_flops()


def interference(N, d, orthogonal=False, draws=8):
    """Store N values under unit keys in one state, ask with the keys: squared error, relative to the values."""
    k, v = torch.randn(draws, N, d), torch.randn(draws, N, E)
    k = torch.linalg.qr(k).Q if orthogonal else normalize(k, dim=-1)
    state = k.mT @ v  # (draws, d, E)
    return ((k @ state - v).square().sum() / v.square().sum()).item()


class Recall(nn.Module):  # one head reads pairs of a key and a value, and is asked for the value of each key
    def __init__(self, attend, C):
        super().__init__()
        self.attend, self.keys, self.values, self.out = attend, nn.Embedding(V, C), nn.Embedding(V, C), nn.Linear(C, V)
        self.q, self.k, self.v = (nn.Linear(C, C, bias=False) for _ in range(3))

    def forward(self, keys, values):
        x = self.keys(keys)  # (B, N, C)
        return self.out(self.attend(self.q(x), self.k(x), self.v(self.values(values))))  # (B, N, V)


def recall(attend, C, pairs, steps=200):
    """Train on fresh pairs in each batch: the share of values recalled from new ones."""
    model = Recall(attend, C)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for batch in [32] * steps + [256]:
        keys, values = torch.rand(batch, V).argsort(dim=1)[:, :pairs], torch.randint(V, (batch, pairs))
        logits = model(keys, values)
        optimizer.zero_grad()
        cross_entropy(logits.flatten(0, 1), values.flatten()).backward()
        optimizer.step()
    return (logits.argmax(dim=-1) == values).double().mean().item()


q, k, v = torch.randn(T, D).double(), torch.randn(T, D).double(), torch.randn(T, E).double()
forms = {"chunks of 16": chunked(q, k, v), "recurrence": chunked(q, k, v, 1), "all keys": linear_attention(q, k, v)}
error = {form: (out - quadratic(q, k, v)).abs().max().item() for form, out in forms.items()}
print("error against all pairs under a causal mask:", *(f"  {form} {e:.0e}" for form, e in error.items()))
cost = {n: flops(linear_attention, n) / flops(softmax_attention, n) for n in (16, 64, 256, 1024)}
print("FLOPs relative to softmax, width 64:", *(f"  n = {n}: {ratio:.2f}" for n, ratio in cost.items()))
COUNTS = 64, 128, 256, 512
stored, orthogonal = {d: [interference(N, d) for N in COUNTS] for d in (32, 64, 128)}, interference(64, 64, True)
print("values under random keys in one state", *(f"{N:10}" for N in COUNTS))
for d, row in stored.items():
    print(f"squared error, keys of width {d:3}      ", *(f"{e:10.2f}" for e in row))
print(f"squared error, 64 orthogonal keys       {orthogonal:10.0e}")
cases = [(softmax_attention, 16, 48), (linear_attention, 16, 8), (linear_attention, 16, 48), (linear_attention, 64, 48)]
*others, narrow, wide = recalled = [recall(*case) for case in cases]
for (attend, C, pairs), share in zip(cases, recalled, strict=True):
    print(f"{attend.__name__:18} of width {C}, {pairs:2} pairs: recalls {share:.3f}")
# %% [markdown]
# ## Claim 1: pairs under a mask, chunks and a recurrence are one function; a state of all keys sees the future
# %%
measured, control = max(error["chunks of 16"], error["recurrence"]), error["all keys"]
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 2: at width 64, multiplying k and v first takes fewer FLOPs for 256 tokens, but more for 16
# %%
measured, control = cost[256], cost[16]
assert measured < 1 < control
# %% [markdown]
# ## Claim 3: N random unit keys in a state cost a squared error of (N − 1) / d, within a fifth; orthogonal keys do not
# %%
measured = max(abs(e * d / (N - 1) - 1) for d, row in stored.items() for N, e in zip(COUNTS, row, strict=True))
control = abs(orthogonal * 64 / (64 - 1) - 1)
assert measured < 0.2 < control
# %% [markdown]
# ## Claim 4: of 48 pairs, a linear head of width 16 learns to recall under 60%; softmax, fewer pairs or width 64, over
# %%
measured, control = narrow, min(*others, wide)
assert measured < 0.6 < control
# %% [markdown]
# ## Picture: error of what is read from a state, against the number of values stored, by width of the keys
# %%
picture = {"lines": {f"d = {d}": row for d, row in stored.items()}, "x": COUNTS, "log": "xy"}
