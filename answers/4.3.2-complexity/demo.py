# %% [markdown]
# # What does self-attention cost in time and memory, and what is the bottleneck at n = 10240?
# The FLOPs of one layer's matmuls, counted on tensors without data, so that real widths and
# lengths can be had; and the memory that autograd keeps for an attention that does run.
# (Premise: a multiply-add is 2 FLOPs; no mask; an FFN of two matrices, 4 d wide; float32.)
# %%
import torch
from torch.nn.functional import gelu, scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
torch.set_num_threads(1)
SMALL, LARGE, LONG = 768, 4096, 10240  # two widths C, and the tokens asked about


def attend(q, k, v):
    return (q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-1) @ v  # the weights: (B, H, T, T)


def gflops(part, *shapes):
    with FlopCounterMode(display=False) as counter:
        part(*(torch.empty(shape, device="meta") for shape in shapes))
    return counter.get_total_flops() / 1e9


def layer(T, C, H=16):
    """GFLOPs of a layer: pairs of tokens (logits and averaging), the four projections, the FFN."""
    pairs = gflops(attend, *[(1, H, T, C // H)] * 3)
    projections = gflops(lambda x, *weights: [x @ w for w in weights], (T, C), *[(C, C)] * 4)
    return pairs, projections, gflops(lambda x, up, down: gelu(x @ up) @ down, (T, C), (C, 4 * C), (4 * C, C))


def share(T, C):
    return layer(T, C)[0] / sum(layer(T, C))  # of the pairs


def kept(way, T, H=4, C=64, B=2):
    """MiB that autograd keeps for the backward pass, each storage once."""
    seen = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: seen.append(t) or t, lambda t: t):
        way(*(torch.randn(B, H, T, C // H, requires_grad=True) for _ in range(3)))
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in seen}
    return sum(storages.values()) / 2**20


shares = {C: {T: share(T, C) for T in (512, 2 * C, 6 * C, LONG)} for C in (SMALL, LARGE)}
print("   d       n   GFLOPs: pairs   projections        FFN   share of pairs")
for C, row in shares.items():
    for T, part in row.items():
        print("{:4} {:7} {:15.1f} {:13.1f} {:10.1f} {:16.0%}".format(C, T, *layer(T, C), part))
written, fused = ({T: kept(way, T) for T in (256, 512, 1024)} for way in (attend, scaled_dot_product_attention))
print(f"MiB kept at n = {list(written)}: written out {list(written.values())}, fused {list(fused.values())}")
# %% [markdown]
# ## Claim 1: a layer's matmuls take 4n²d + 8nd² + 16nd² FLOPs; not without the term of the pairs
# %%
work = {(T, C): [4e-9 * T * T * C, 24e-9 * T * C * C] for C in shares for T in shares[C] if T > 512}
measured = max(abs(sum(terms) / sum(layer(*size)) - 1) for size, terms in work.items())
control = min(abs(terms[1] / sum(layer(*size)) - 1) for size, terms in work.items())
assert measured < 0.001 < control
# %% [markdown]
# ## Claim 2: at 10,240 tokens, pairs take under half of a layer's matmul FLOPs if d = 4096, over half if d = 768
# %%
measured, control = shares[LARGE][LONG], shares[SMALL][LONG]
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 3: for 4 times the tokens, a fused kernel keeps under 5 times the memory, written-out attention over 5
# %%
measured, control = (sizes[1024] / sizes[256] for sizes in (fused, written))
assert measured < 5 < control
# %% [markdown]
# ## Claim 4: 16 heads in place of one leave the FLOPs as they are; the memory written-out attention keeps grows
# %%
measured, control = sum(layer(1024, 64, 16)) / sum(layer(1024, 64, 1)), kept(attend, 1024, 16) / kept(attend, 1024, 1)
assert measured < 1.001 < control
# %% [markdown]
# ## Picture: share of a layer's matmul FLOPs spent on pairs, against n
# %%
lengths = [2**power for power in range(8, 18)]
picture = {"lines": {f"d = {C}": [share(T, C) for T in lengths] for C in shares}, "x": lengths, "log": "x"}
