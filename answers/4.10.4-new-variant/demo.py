# %% [markdown]
# # Two axes of a new attention variant, measured
# Reading nothing: a key that is in the context asks for its value; an absent key, and a no-op
# token, ask for nothing, that is 0. Softmax weights sum to 1, so they must bring something.
# Overwriting: each key is written twice, and the newer value is wanted.
# (Premise: one layer, so that a gate sees its own token and not yet the context.)
# %%
import torch
from torch import nn
from torch.nn.functional import mse_loss

torch.manual_seed(0)
torch.set_num_threads(1)
B, S, C, D, KEYS = 96, 8, 32, 16, 24  # batch, keys in a context, model width, width of a value, all keys
PRESENT, ABSENT, NO_OP = range(3)


def draw(batch):
    """Keys and values of a context, what is asked, what must come out, and which kind of query it is."""
    keys, kind = torch.rand(batch, KEYS).argsort(dim=1)[:, : S + 1], torch.randint(3, (batch,))
    values, wanted = torch.randn(batch, S, D), torch.randint(S, (batch, 1))
    place = wanted.masked_fill(kind[:, None] == ABSENT, S)  # the last key stays out of the context
    asked = keys.gather(1, place)[:, 0].masked_fill(kind == NO_OP, KEYS)
    out = values.take_along_dim(wanted[..., None], dim=1)[:, 0] * (kind == PRESENT)[:, None]  # (batch, D)
    return keys[:, :S], values, asked, out, kind


class Attention(nn.Module):
    """`extra` is None, or "sink": one more logit, without a value; "gate": a factor that the query sets for each
    channel of the output; "fixed": the same gate, but with a constant for its query."""

    def __init__(self, extra):
        super().__init__()
        self.extra, self.key, self.query = extra, nn.Embedding(KEYS, C), nn.Embedding(KEYS + 1, C)
        self.match, self.out = nn.Linear(C, C, bias=False), nn.Linear(D, D, bias=False)
        self.sink, self.gate = nn.Parameter(torch.zeros(1)), nn.Linear(C, D)

    def forward(self, keys, values, asked):
        q = self.query(asked)  # (B, C)
        logits = (self.match(self.key(keys)) @ q[..., None])[..., 0] / C**0.5  # (B, S)
        if self.extra == "sink":
            logits = torch.cat([logits, self.sink.expand(len(q), 1)], dim=1)
        out = (logits.softmax(dim=-1)[:, None, :S] @ values)[:, 0]  # (B, D)
        if self.extra in ("gate", "fixed"):
            out = out * 2 * self.gate(q if self.extra == "gate" else torch.ones_like(q)).sigmoid()
        return self.out(out)


def train(extra, steps=300):
    """Mean squared error by kind of query, after training; a value has variance 1."""
    model = Attention(extra)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        *given, out, _ = draw(B)
        optimizer.zero_grad()
        mse_loss(model(*given), out).backward()
        optimizer.step()
    *given, out, kind = draw(3000)
    error = (model(*given) - out).square().mean(dim=-1).detach()
    return [error[kind == each].mean().item() for each in (PRESENT, ABSENT, NO_OP)]


def overwrite(write, S=8, D=16, C=32):
    """Write two values for each of S orthonormal keys: the relative distance of what is read from the newer ones."""
    k = torch.linalg.qr(torch.randn(C, S)).Q.T  # (S, C)
    older, newer = torch.randn(2, S, D)
    state = torch.zeros(C, D)
    for values in (older, newer):
        for key, value in zip(k, values, strict=True):
            state = state + torch.outer(key, write(value, key @ state))
    return ((k @ state - newer).norm() / newer.norm()).item()


errors = {extra or "softmax": train(extra) for extra in (None, "sink", "gate", "fixed")}
print("mean squared error   present    absent     no-op")
for name, row in errors.items():
    print("{:15} {:12.5f} {:9.5f} {:9.5f}".format(name, *row))
added, replaced = overwrite(lambda value, held: value), overwrite(lambda value, held: value - held)
print(f"read after a second write, distance from the newer value: added {added:.2f}, delta rule {replaced:.0e}")
# %% [markdown]
# ## Claim 1: one logit without a value brings the error on absent keys under 0.02; plain softmax is left with more
# %%
measured, control = errors["sink"][ABSENT], errors["softmax"][ABSENT]
assert measured < 0.02 < control
# %% [markdown]
# ## Claim 2: a gate set by the query does so on no-op tokens, not on absent keys; a gate with fixed input on neither
# %%
measured, control = errors["gate"][NO_OP], min(errors["gate"][ABSENT], *errors["fixed"][1:])
assert measured < 0.02 < control
# %% [markdown]
# ## Claim 3: for orthonormal keys the delta rule replaces the older value, to 0.001; a sum holds both
# %%
measured, control = replaced, added
assert measured < 0.001 < control
# %% [markdown]
# ## Picture: error where nothing is wanted
# %%
bars = {f"{name}, {kind}": errors[name][at] for at, kind in ((ABSENT, "absent"), (NO_OP, "no-op")) for name in errors}
picture = {"bars": bars}
