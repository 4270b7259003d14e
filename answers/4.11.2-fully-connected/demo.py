# %% [markdown]
# # Is attention an improvement on the fully connected layer?
# Compared with the layer that does the same job: one learned matrix mixes slots, another mixes features.
# First the two as functions; then what each learns: to copy the slot before, round a ring, to copy the slot
# that the input names, and to subtract the slot before from its own.
# (Premise: one head, no residual; a slot's input holds its symbol, itself and the slot it names, each one-hot.)
# %%
import torch
from torch import nn
from torch.nn.functional import mse_loss, one_hot

torch.manual_seed(0)
torch.set_num_threads(1)
B, T, V = 64, 8, 10  # batch, slots, symbols
C = V + 2 * T  # width


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(C, C, bias=False) for _ in range(3))

    def mix(self, x):
        return (self.q(x) @ self.k(x).mT / C**0.5).softmax(dim=-1)  # (B, T, T), made from x

    def forward(self, x):
        return self.mix(x) @ self.v(x)  # (B, T, C)


class FullyConnected(Attention):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(T, T) / T**0.5)

    def mix(self, x):
        return self.weight.expand(len(x), T, T)  # learned, the same for every x


def draw(batch, task):
    """Inputs, and the targets of a task."""
    symbols = one_hot(torch.randint(V, (batch, T)), V).float()  # (batch, T, V)
    sources = torch.rand(batch, T).argsort(dim=-1) if task == "copy the named" else torch.arange(T).roll(1)
    named = one_hot(sources, T).float().expand(batch, T, T)
    x = torch.cat([symbols, torch.eye(T).expand(batch, T, T), named], dim=-1)  # (batch, T, C)
    return x, symbols - named @ symbols if task == "subtract" else named @ symbols


def missed(layer, task, steps=250):
    """Train on fresh inputs in each step: the share of the variance of the targets that stays unexplained."""
    model = nn.Sequential(layer, nn.Linear(C, V))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for batch in [B] * steps + [1000]:
        x, target = draw(batch, task)
        loss = mse_loss(model(x), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return (loss / (target - target.mean(dim=(0, 1))).square().mean()).item()


def gap(a, b):
    return ((a - b).norm() / b.norm()).item()


@torch.no_grad()
def describe(layer):
    nn.init.normal_(layer.q.weight, std=2 / C**0.5)  # large enough that the weights are not all alike
    nn.init.normal_(layer.k.weight, std=2 / C**0.5)
    x, y, order = *torch.randn(2, B, T, C), torch.randperm(T)
    frozen = torch.kron(layer.mix(x)[0].contiguous(), layer.v.weight)  # (T * C, T * C), made from x[0]
    same, other = (gap((frozen @ t[0].flatten()).view(T, C), layer(t)[0]) for t in (x, y))
    additive, equivariant = gap(layer(x) + layer(y), layer(x + y)), gap(layer(x[:, order]), layer(x)[:, order])
    return {"adding": additive, "frozen": same, "frozen, other input": other, "permuting": equivariant}


kinds, tasks = (
    {"attention": Attention, "connected": FullyConnected},
    ("copy the one before", "copy the named", "subtract"),
)
error = {kind: describe(make()) for kind, make in kinds.items()}
miss = {kind: {task: missed(make(), task) for task in tasks} for kind, make in kinds.items()}
print(f"{'':36} {'attention':>10} {'fully connected':>16}")
for what, part, form in ("relative error", error, ".1e"), ("variance missed", miss, ".3f"):
    for row in part["attention"]:
        print(f"{what:16} {row:20} {part['attention'][row]:10{form}} {part['connected'][row]:16{form}}")
# %% [markdown]
# ## Claim 1: a fully connected layer of a sum is the sum of its outputs; attention, its weights made from x, is not
# %%
measured, control = error["connected"]["adding"], error["attention"]["adding"]
assert measured < 1e-4 < control
# %% [markdown]
# ## Claim 2: frozen at one input, attention is one matrix on slots and features, wrong for another input
# %%
measured, control = error["attention"]["frozen"], error["attention"]["frozen, other input"]
assert measured < 1e-4 < control
# %% [markdown]
# ## Claim 3: attention learns to copy the named slot; a fully connected layer misses over 0.8 of the variance
# %%
measured = miss["connected"]["copy the named"]
control = max(miss["attention"]["copy the named"], miss["connected"]["copy the one before"])
assert control < 0.8 < measured
# %% [markdown]
# ## Claim 4: a fully connected layer learns to subtract the slot before; one head of attention misses over 0.3
# %%
measured = miss["attention"]["subtract"]
control = max(miss["connected"]["subtract"], miss["attention"]["copy the one before"])
assert control < 0.3 < measured
# %% [markdown]
# ## Picture: share of the variance missed
# %%
short = {"attention": "attention", "connected": "FC"}
picture = {"bars": {f"{task}, {short[kind]}": miss[kind][task] for task in tasks for kind in kinds}}
