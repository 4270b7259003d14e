# %% [markdown]
# # How does cross-attention differ from self-attention, and what is it for?
# The same layer, but queries come from the decoder, keys and values from the encoder's
# output, the memory. A decoder has to spell the last tokens of its source backwards.
# (Premise: one head, one layer; the encoder is no more than embeddings with positions.)
# %%
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
torch.set_num_threads(1)
B, T, S, C, V = 64, 9, 13, 32, 20  # batch, target tokens, source tokens, width, vocabulary


class Attention(nn.Module):
    def __init__(self):
        super().__init__()  # the same parameters, whatever keys and values are computed from
        self.q, self.kv, self.out = nn.Linear(C, C), nn.Linear(C, 2 * C), nn.Linear(C, C)

    def forward(self, x, kv, causal=False):
        k, v = kv.chunk(2, dim=-1)  # each (B, S, C)
        logits = self.q(x) @ k.mT / C**0.5  # (B, T, S)
        future = torch.ones(logits.shape[-2:]).triu(1).bool() & causal
        self.attn = logits.masked_fill(future, -torch.inf).softmax(dim=-1)
        return self.out(self.attn @ v)  # (B, T, C)


class EncoderDecoder(nn.Module):
    def __init__(self, cross=True, causal=False):
        super().__init__()
        self.cross, self.causal = cross, causal  # of cross-attention; self-attention always has its mask
        self.tokens, self.places, self.out = nn.Embedding(V + 1, C), nn.Embedding(S, C), nn.Linear(C, V)
        self.self_attention, self.cross_attention = Attention(), Attention()

    def encode(self, source):
        return self.tokens(source) + self.places.weight  # (B, S, C)

    def decode(self, target, memory):
        x = self.tokens(target) + self.places.weight[:T]  # (B, T, C)
        x = x + self.self_attention(x, self.self_attention.kv(x), causal=True)
        if self.cross:
            x = x + self.cross_attention(x, self.cross_attention.kv(memory), self.causal)
        return self.out(x)  # (B, T, V)


def sample(batch):
    """Sources, decoder inputs and labels: the last T tokens of the source backwards."""
    source = torch.randint(V, (batch, S))
    labels = source.flip(1)[:, :T]
    return source, torch.cat([torch.full((batch, 1), V), labels[:, :-1]], dim=1), labels  # token V starts a target


def learn(steps=250, **variant):
    """A trained model, and its accuracy on new sources, with the true target as the decoder's input."""
    model = EncoderDecoder(**variant)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for batch in [B] * steps + [1024]:
        source, target, labels = sample(batch)
        logits = model.decode(target, model.encode(source))
        optimizer.zero_grad()
        cross_entropy(logits.mT, labels).backward()
        optimizer.step()
    return model, (logits.argmax(dim=-1) == labels).double().mean().item()


def felt(layer, x):
    return torch.func.jacrev(layer)(x).abs().sum(dim=(1, 3)) > 0  # (outputs, rows of x that they feel)


def decoding_flops(layer, steps, once, length=300):
    """One query a step; keys and values of the memory are computed once, or in each step."""
    x, memory = torch.randn(steps, 1, C), torch.randn(length, C)
    with FlopCounterMode(display=False) as counter:
        kv = layer.kv(memory)
        for i in range(steps):
            layer(x[i], kv if once or i == 0 else layer.kv(memory))
    return counter.get_total_flops()


layer, x, memory = Attention(), torch.randn(T, C), torch.randn(S, C)
by_self, by_cross = felt(lambda x: layer(x, layer.kv(x)), x), felt(lambda x: layer(x, layer.kv(memory)), x)
of_memory, others = felt(lambda m: layer(x, layer.kv(m)), memory), ~torch.eye(T).bool()
print(f"other target tokens felt, of {T * (T - 1)}:  by self-attention {(by_self & others).sum()},", end="  ")
print(f"by cross-attention {(by_cross & others).sum()}, and {of_memory.sum()} of {T * S} source tokens")
saved = {n: decoding_flops(layer, n, once=False) / decoding_flops(layer, n, once=True) for n in (1, 8, 64)}
print("FLOPs, memory's K and V in each step / once:", *(f"  {n} steps {ratio:.1f}" for n, ratio in saved.items()))
(model, right), (masked, right_masked), (_, right_without) = learn(), learn(causal=True), learn(cross=False)
print(f"spelled right: {right:.3f}, with a causal mask {right_masked:.3f}, without cross-attention {right_without:.3f}")
(source, target, _), order = sample(B), torch.randperm(S)
logits, attn = model.decode(target, model.encode(source)), model.cross_attention.attn
shuffles = {"memory": model.encode(source)[:, order], "source": model.encode(source[:, order])}
moved = {what: (model.decode(target, shuffled) - logits).abs().max().item() for what, shuffled in shuffles.items()}
print("change of the logits when shuffled: ", *(f"  {what} {change:.0e}" for what, change in moved.items()))
# %% [markdown]
# ## Claim 1: through cross-attention no output depends on another target token; through self-attention, outputs do
# %%
measured, control = ((pairs & others).sum().item() for pairs in (by_cross, by_self))
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 2: in 64 steps, computing the memory's K and V once takes over 15 times fewer FLOPs; in one step it does not
# %%
measured, control = saved[64], saved[1]
assert control < 15 < measured
# %% [markdown]
# ## Claim 3: a decoder learns to spell the source backwards (over 90% right); not without cross-attention or if masked
# %%
measured, control = right, max(right_masked, right_without)
assert control < 0.9 < measured
# %% [markdown]
# ## Claim 4: shuffling the memory changes no output; shuffling the source before positions are added does
# %%
measured, control = moved["memory"], moved["source"]
assert measured < 1e-3 < control
# %% [markdown]
# ## Picture: weights of target tokens (rows) on source tokens: as trained (0 to 12), under a causal mask (13 to 25)
# %%
maps = torch.cat([weights.mean(dim=0).detach() for weights in (attn, masked.cross_attention.attn)], dim=1)  # (T, 2 S)
picture = {"heatmap": maps.tolist()}
