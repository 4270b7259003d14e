# %% [markdown]
# # What does attention keep for the backward pass, and how can it keep less?
# One layer written out, with a fused kernel, with its core or all of it recomputed in
# the backward pass, and with half of its heads in each of two processes.
# (Premise: counted is what autograd keeps for one layer beside its weights; no dropout.)
# %%
import os
import sys
from datetime import timedelta
from multiprocessing import get_context

import torch
from torch import distributed as dist
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
torch.set_num_threads(1)
B, C, H, LENGTHS = 3, 128, 4, (64, 128, 256, 512)  # and D = 32
given = [*torch.randn(2, B, 512, C), *torch.randn(4, C, C) / C**0.5]  # x, gradient of the output, W_Q, W_K, W_V, W_O


def layer(x, weights, core, H=H):
    q, k, v = ((x @ w).unflatten(-1, (H, -1)).transpose(1, 2) for w in weights[:3])  # each (B, H, T, D)
    return core(q, k, v).transpose(1, 2).flatten(2) @ weights[3]  # (B, T, C)


def written_out(q, k, v):
    logits = q @ k.mT / q.shape[-1] ** 0.5  # (B, H, T, S)
    return logits.softmax(dim=-1, dtype=torch.promote_types(logits.dtype, torch.float32)) @ v  # never in bf16


WAYS = {
    "written out": lambda x, w: layer(x, w, written_out),
    "fused kernel": lambda x, w: layer(x, w, scaled_dot_product_attention),
    "core recomputed": lambda x, w: layer(x, w, lambda *qkv: checkpoint(written_out, *qkv, use_reentrant=False)),
    "layer recomputed": lambda x, w: checkpoint(layer, x, w, written_out, use_reentrant=False),
}


def step(way, T, weights, dtype=torch.float32, bf16=False):
    """MiB kept for the backward pass, FLOPs of all matmuls, and the output with all gradients."""
    x, upstream = (t[:, :T].to(dtype) for t in given[:2])
    leaves, kept = [t.to(dtype, copy=True).requires_grad_() for t in (x, *weights)], []
    hooks = torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t) or t, lambda t: t)
    with FlopCounterMode(display=False) as counter:
        with hooks, torch.autocast("cpu", enabled=bf16):
            out = way(leaves[0], leaves[1:])
        out.backward(upstream.to(out.dtype))
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage() for t in kept}  # views of one count once
    nbytes = sum(s.nbytes() for at, s in storages.items() if at not in [w.data_ptr() for w in leaves[1:]])
    return nbytes / 2**20, counter.get_total_flops(), [out.detach(), *(t.grad for t in leaves)]


def errors(ours, theirs):
    return [((a - b).norm() / b.norm()).item() for a, b in zip(ours, theirs, strict=True)]


def be_half(rank, port):
    """One of two processes, with half of the heads: MiB kept, and output and gradient of x, its own and summed."""
    store = dist.TCPStore("127.0.0.1", port, is_master=False)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=2, timeout=timedelta(seconds=30))
    for t in given:  # a process that was not forked may have drawn others
        dist.broadcast(t, src=0)
    half = [w.chunk(2, dim)[rank] for w, dim in zip(given[2:], (1, 1, 1, 0), strict=True)]  # of W_O the rows
    mib, _, (*own, _, _, _, _) = step(lambda x, w: layer(x, w, written_out, H // 2), 128, half, torch.float64)
    sums = [t.clone() for t in own]
    for t in sums:  # one in the forward pass, one in the backward pass
        dist.all_reduce(t)
    dist.destroy_process_group()
    return mib, own, sums


exact = {name: step(way, 128, given[2:], torch.float64) for name, way in WAYS.items()}
if __name__ == "__mp_main__":  # where the second process is not forked, it runs this file up to here
    be_half(1, int(os.environ["MASTER_PORT"]))
    sys.exit()
os.environ.setdefault("GLOO_SOCKET_IFNAME", {"linux": "lo", "darwin": "lo0"}.get(sys.platform, ""))
store = dist.TCPStore("127.0.0.1", 0, is_master=True)
os.environ["MASTER_PORT"] = str(store.port)
processes = get_context("fork" if sys.platform == "linux" else "spawn")
second = processes.Process(target=be_half, args=(1, store.port), daemon=True)
second.start()
half_mib, own, sums = be_half(0, store.port)
second.join()
whole_mib, _, (*whole, _, _, _, _) = exact["written out"]
summed, unsummed = max(errors(sums, whole)), min(errors(own, whole))
mib = {name: [step(way, T, given[2:])[0] for T in LENGTHS] for name, way in WAYS.items()}
bf16 = {name: step(way, 512, given[2:], bf16=True)[0] / mib[name][-1] for name, way in WAYS.items()}
flops = {name: count / exact["written out"][1] for name, (_, count, _) in exact.items() if "fused" not in name}
print("MiB kept by one layer " + "".join(f"{T:9}" for T in LENGTHS), "tokens    bf16 / fp32      FLOPs")
for name, row in mib.items():
    print(f"{name:22}{''.join(f'{m:9.2f}' for m in row)} {bf16[name]:19.2f} {flops.get(name, '-'):>12.3}")
print(f"each of two processes: {half_mib / whole_mib:.2f} of it; error {summed:.0e}, without the sums {unsummed:.2f}")
# %% [markdown]
# ## Claim 1: every way gives the same output and gradient of x; two processes do so only if they sum both
# %%
measured, control = max(summed, *(max(errors(ours[:2], whole)) for _, _, ours in exact.values())), unsummed
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 2: for twice the tokens a written-out layer keeps over 2.5 times as much, a fused or recomputed one does not
# %%
measured, *others = (row[-1] / row[-2] for row in mib.values())  # the written-out layer is the first
control = max(others)
assert control < 2.5 < measured
# %% [markdown]
# ## Claim 3: bf16 autocast, softmax in float32, makes the written-out layer keep more bytes, the fused one fewer
# %%
measured, control = bf16["written out"], bf16["fused kernel"]
assert control < 1 < measured
# %% [markdown]
# ## Claim 4: recomputing the core adds under a fifth to the layer's matmul FLOPs; recomputing the layer adds more
# %%
measured, control = flops["core recomputed"], flops["layer recomputed"]
assert measured < 1.2 < control
# %% [markdown]
# ## Picture: MiB that one layer keeps for the backward pass, against tokens
# %%
picture = {"lines": mib, "x": LENGTHS, "log": "xy"}
