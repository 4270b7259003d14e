# %% [markdown]
# # Gradients of a self-attention layer explode: what can cause it, what fixes it?
# Two troubles that are often taken for one: gradients that grow from layer to layer, which a norm
# in front of each layer keeps down, and logits that grow from step to step, which QK-norm bounds.
# (Premise: a tiny model that learns to repeat random tokens, at a rate far too high for it.)
# %%
from collections import namedtuple
from math import log10

import torch
from torch import nn
from torch.nn.functional import cross_entropy, layer_norm, rms_norm

torch.manual_seed(0)
torch.set_num_threads(1)
B, T, C, D, V = 32, 12, 24, 16, 20  # batch, tokens to repeat, width, head width, vocabulary: all different
Trained = namedtuple("Trained", "largest_logit keys_in_use gradient distance")


class Layer(nn.Module):
    """One head and its residual, with a norm in front (pre_norm) and norms on queries and keys (qk_norm)."""

    def __init__(self, pre_norm=True, qk_norm=False):
        super().__init__()
        self.pre_norm, self.qk_norm = pre_norm, qk_norm
        self.qkv, self.out = nn.Linear(C, 3 * D, bias=False), nn.Linear(D, C, bias=False)

    def forward(self, x):
        q, k, v = self.qkv(layer_norm(x, (C,)) if self.pre_norm else x).chunk(3, dim=-1)  # each (B, T, D)
        if self.qk_norm:
            q, k = rms_norm(q, (D,)), rms_norm(k, (D,))  # |q| = |k| = √D, so that |q · k| / √D is at most √D
        logits = q @ k.mT / D**0.5  # (B, T, T)
        future = torch.ones(logits.shape[-2:]).triu(1).bool()
        attn = logits.masked_fill(future, -torch.inf).softmax(dim=-1)
        self.largest_logit = logits.abs().max().item()
        self.keys_in_use = torch.special.entr(attn[:, T:]).sum(dim=-1).exp().mean().item()  # 1 if one-hot
        return x + self.out(attn @ v)


def growth(pre_norm, depth=8, gain=2):
    """|dL/dx| / |dL/dy| through a stack whose weights have a standard deviation of gain/√(number of inputs)."""
    stack = nn.Sequential(*(Layer(pre_norm) for _ in range(depth)))
    for weight in stack.parameters():
        nn.init.normal_(weight, std=gain / weight.shape[1] ** 0.5)
    x, upstream = torch.randn(2, B, T, C)
    slope = torch.autograd.grad(stack(x.requires_grad_()), x, upstream)[0]
    return (slope.norm() / upstream.norm()).item()


def train(rate, optimizer=torch.optim.Adam, clip=float("inf"), steps=60, **kind):
    """Learn to repeat T random tokens: extremes seen on the way, and how far the weights have moved."""
    model = nn.Sequential(nn.Embedding(V, C), Layer(**kind), nn.LayerNorm(C), nn.Linear(C, V))
    places = nn.Parameter(0.1 * torch.randn(2 * T, C))
    weights = [places, *model.parameters()]
    start, optimizer = [w.detach().clone() for w in weights], optimizer(weights, lr=rate)
    logit, gradient = 0, 0
    for _ in range(steps):
        tokens = torch.randint(V, (B, T)).repeat(1, 2)  # (B, 2 T)
        out = model[1:](model[0](tokens) + places)  # (B, 2 T, V)
        optimizer.zero_grad()
        cross_entropy(out[:, T - 1 : -1].mT, tokens[:, T:]).backward()
        gradient = max(gradient, nn.utils.clip_grad_norm_(weights, clip).item())  # the norm before it is clipped
        optimizer.step()
        logit = max(logit, model[1].largest_logit)
    distance = sum((w - old).square().sum() for w, old in zip(weights, start, strict=True)).sqrt().item()
    return Trained(logit, model[1].keys_in_use, gradient, distance)


bare, normed = growth(pre_norm=False), growth(pre_norm=True)
print(f"gradient, first layer / last, of 8 layers: without a norm {bare:.0f}, with pre-norm {normed:.0f}\n")
runs = {
    "Adam, rate 0.003": train(0.003),
    "Adam, rate 0.1": train(0.1),
    "the same, QK-norm": train(0.1, qk_norm=True),
    "the same, clipped to 0.01": train(0.1, clip=0.01),
    "SGD, rate 0.1": train(0.1, torch.optim.SGD),
    "SGD, clipped to 0.01": train(0.1, torch.optim.SGD, clip=0.01),
}
print("training                    largest logit   keys in use at the end   largest gradient   distance moved")
for name, run in runs.items():
    print(f"{name:26} {run.largest_logit:14.1f} {run.keys_in_use:15.1f} {run.gradient:22.2f} {run.distance:17.2f}")
# %% [markdown]
# ## Claim 1: eight layers without a norm multiply a gradient by over 10³; with a norm in front of each they do not
# %%
measured, control = log10(bare), log10(normed)
assert control < 3 < measured
# %% [markdown]
# ## Claim 2: at rate 0.1 no logit exceeds √d_k = 4 with QK-norm; without it the largest does
# %%
slow, fast, bounded = runs["Adam, rate 0.003"], runs["Adam, rate 0.1"], runs["the same, QK-norm"]
measured, control = max(0, bounded.largest_logit - D**0.5), fast.largest_logit - D**0.5
assert measured < 0.01 < control
# %% [markdown]
# ## Claim 3: from rate 0.003 to 0.1 the largest gradient norm grows less than tenfold, the largest logit more
# %%
measured, control = log10(fast.gradient / slow.gradient), log10(fast.largest_logit / slow.largest_logit)
assert measured < 1 < control
# %% [markdown]
# ## Claim 4: clipped to norm 0.01, Adam moves the weights at least half as far as unclipped; SGD does not
# %%
measured = runs["the same, clipped to 0.01"].distance / fast.distance
control = runs["SGD, clipped to 0.01"].distance / runs["SGD, rate 0.1"].distance
assert control < 0.5 < measured
# %% [markdown]
# ## Picture: largest logit seen in 60 steps
# %%
picture = {"bars": {name: run.largest_logit for name, run in runs.items()}}
