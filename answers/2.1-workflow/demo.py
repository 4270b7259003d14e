# %% [markdown]
# # What happens, step by step, from token ids to the output of a self-attention layer?
# Each step hands out its tensor, to be seen, counted and left out; nn.MultiheadAttention checks the result.
# (Premise: pre-norm, causal, learned positions, no dropout, float64.)
# %%
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
V, B, T, C, H, D = 50, 2, 40, 20, 5, 4  # vocabulary, batch, tokens (twice C), width, heads, width of a head
embed, positions, norm = nn.Embedding(V, C), nn.Embedding(T, C), nn.LayerNorm(C)
library = nn.MultiheadAttention(C, H, batch_first=True)
W, b = library.in_proj_weight.mul_(2), library.in_proj_bias.normal_()  # twice the weights: logits that matter
ids, future = torch.randint(V, (B, T)), torch.ones(T, T).triu(1).bool()  # (queries, keys), True = hidden


def layer(ids, does=lambda step: True):
    """Yield the name and the tensor of each step; one that it does not do is left out or done wrong."""
    T = ids.shape[1]
    yield "embed", (x := embed(ids))  # (B, T, C)
    yield "add positions", (x := x + does("add positions") * positions.weight[:T])
    yield "norm", (y := norm(x) if does("norm") else x)
    yield "project to QKV", (z := y @ W.mT + b if does("project to QKV") else y.repeat(1, 1, 3))  # (B, T, 3 C)
    z = z.view(B, T, 3, C).movedim(2, 0)  # (3, B, T, C)
    q, k, v = z = z.unflatten(-1, (H, D)).transpose(2, 3) if does("split heads") else z.reshape(3, B, H, T, D)
    yield "split heads", z  # (3, B, H, T, D)
    yield "scores", (s := q @ k.mT if does("scores") else torch.zeros(B, H, T, T))  # (B, H, T, T)
    yield "scale", (s := s / D**0.5 if does("scale") else s)
    yield "mask", (s := s.masked_fill(future[:T, :T], -torch.inf) if does("mask") else s)
    yield "softmax", (attn := s.softmax(dim=-1) if does("softmax") else s.exp())
    yield "weighted sum", (o := attn @ v if does("weighted sum") else v)  # (B, H, T, D)
    yield "merge heads", (o := (o.transpose(1, 2) if does("merge heads") else o).reshape(B, T, C))
    yield "project with W_O", (o := library.out_proj(o) if does("project with W_O") else o)
    yield "add the input", (x + o if does("add the input") else o)


def error(seen):
    """Distance from the library in weights or output, relative to the larger norm."""
    pairs = (seen["softmax"], weights), (seen["add the input"], x + out)
    return max((ours - theirs).norm() / max(ours.norm(), theirs.norm()) for ours, theirs in pairs).item()


def count(ids):
    """Numbers held and FLOPs done by each step; FLOPs of the two n × n steps over those of the projections."""
    held, flops = {}, {}
    with FlopCounterMode(display=False) as counter:
        for step, tensor in layer(ids):
            held[step], flops[step] = tensor.numel(), counter.get_total_flops() - sum(flops.values())
    project, scores, average, merge = filter(None, flops.values())
    return held, flops, (scores + average) / (project + merge)


x = embed(ids) + positions.weight
out, weights = library(*[norm(x)] * 3, attn_mask=future, average_attn_weights=False)
steps, (held, flops, ratio), (fewer, _, half) = dict(layer(ids)), count(ids), count(ids[:, :C])
wrong = {step: error(dict(layer(ids, step.__ne__))) for step in steps if step != "embed"}
print("step                 shape              FLOPs    first numbers       if left out, off by")
for step, tensor in steps.items():
    first, gap = " ".join(f"{a:6.2f}" for a in tensor.flatten()[:3]), f"{wrong[step]:.2f}" if step in wrong else ""
    print(f"{step:20} {tuple(tensor.shape)!s:16} {flops[step]:7} {first} {gap:>12}")
# %% [markdown]
# ## Claim 1: weights and output equal the library's; with any one step left out, one of them does not
# %%
measured, control = error(steps), min(wrong.values())
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 2: at n = 2d QKᵀ and AV together cost as many FLOPs as the four projections, at n = d half as many
# %%
measured, control = abs(ratio - 1), abs(half - 1)
assert measured < 0.01 < control
# %% [markdown]
# ## Claim 3: when n doubles, the n × n tensors grow fourfold, those of the other steps twofold
# %%
square, growth = ("scores", "scale", "mask", "softmax"), {step: held[step] / fewer[step] for step in held}
measured, control = min(growth[s] for s in square), max(growth[s] for s in growth if s not in square)
assert control < 3 < measured
