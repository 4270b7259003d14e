# %% [markdown]
# # How does causal attention differ from self-attention, and what makes a model autoregressive?
# It is the same layer with the keys after each query hidden. Output t then depends on tokens
# up to t alone, and the product of one pass's conditionals is the text's probability. Texts are
# few enough to list: every sum is exact. (Premise: no padding, the source's law known, float64.)
# %%
import torch
from torch import nn
from torch.nn.functional import avg_pool1d, cross_entropy, layer_norm, scaled_dot_product_attention

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
B, T, V, H, D, L = 64, 5, 4, 3, 8, 2  # batch, tokens, vocabulary, heads, head width, layers
START, C = V, H * D  # the token before each text, model width
KINDS = CAUSAL, NO_MASK, LATE_MASK, NORM, CENTRED = "causal", "no mask", "late mask", "token norm", "centred pooling"
texts = torch.cartesian_prod(*[torch.arange(V)] * T)  # (V**T, T), all there are
inputs = torch.cat([torch.full_like(texts[:, :1], START), texts[:, :-1]], dim=1)  # shifted: texts are their labels
source = (0.7 * (texts[:, 2:] == texts[:, :-2]) + 0.3 / V).prod(dim=1) / V**2  # repeats the token before last, or any


class LanguageModel(nn.Module):
    """Attention layers alone: a position-wise FFN would not let tokens see more, or less."""

    def __init__(self, kind):
        super().__init__()
        self.kind, self.out = kind, nn.Linear(C, V)
        self.tokens, self.positions = nn.Embedding(V + 1, C), nn.Embedding(T, C)
        self.layers = nn.ModuleList(nn.Linear(C, 3 * C) for _ in range(L))

    def forward(self, ids, caches=None, upper_left=False):
        """Logits (B, T, V) for the token after each; each layer's cache lists the keys and values seen before."""
        caches = caches or [[] for _ in self.layers]
        past = sum(k.shape[2] for k, _ in caches[0])
        x = self.tokens(ids) + self.positions.weight[past : past + ids.shape[1]]  # (B, T, C)
        for layer, cache in zip(self.layers, caches, strict=True):
            qkv = layer(layer_norm(x, x.shape[1 if self.kind == NORM else 2 :]))
            q, *kv = qkv.unflatten(-1, (-1, D)).transpose(1, 2).chunk(3, dim=1)  # each (B, H, T, D)
            cache.append(kv)
            k, v = (torch.cat(parts, dim=2) for parts in zip(*cache, strict=True))  # each (B, H, S, D)
            x = x + self.attend(q, k, v, upper_left).transpose(1, 2).flatten(2)
            x = avg_pool1d(x.mT, 3, stride=1, padding=1).mT if self.kind == CENTRED else x
        return self.out(x)

    def attend(self, q, k, v, upper_left):
        if upper_left:
            return scaled_dot_product_attention(q, k, v, is_causal=True)
        T, S = q.shape[2], k.shape[2]
        future = torch.ones(T, S).triu(1 + S - T).bool()  # aligned at the lower right: the last query sees every key
        logits = (q @ k.mT / D**0.5).masked_fill(future & (self.kind not in (NO_MASK, LATE_MASK)), -torch.inf)
        return logits.softmax(dim=-1).masked_fill(future & (self.kind == LATE_MASK), 0.0) @ v


def train(kind, steps=200):
    model = LanguageModel(kind)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        picked = source.multinomial(B, replacement=True)
        optimizer.zero_grad()
        cross_entropy(model(inputs[picked]).mT, texts[picked]).backward()
        optimizer.step()
    return model.requires_grad_(False)


def leaks(kind):
    """In a fresh model, (T, T): does output i of any text move, by a single bit, when its token j is changed?"""
    model = LanguageModel(kind)
    edits = [torch.where(torch.arange(T) == j, (inputs + 1) % V, inputs) for j in range(T)]
    return torch.stack([(model(inputs) != model(edited)).any(dim=-1).any(dim=0) for edited in edits], dim=1).double()


def score(model, sizes=(T,), upper_left=False):
    """Log-probability of every text: from one pass, or fed in pieces over a KV cache as a decoding loop does."""
    caches = [[] for _ in range(L)]
    logits = torch.cat([model(ids, caches, upper_left) for ids in inputs.split(sizes, dim=1)], dim=1)
    return logits.log_softmax(dim=-1).gather(2, texts[..., None]).sum(dim=(1, 2))


moved = {kind: leaks(kind) for kind in KINDS}
early = {kind: matrix.triu(1).sum().item() for kind, matrix in moved.items()}
print(f"of {T * (T - 1) // 2} pairs of an output and a later token, how many the output feels")
for kind, pairs in early.items():
    print(f"{kind:16} {pairs:2.0f}")
models = {kind: train(kind) for kind in (CAUSAL, NO_MASK)}
ways = {"pass": [(T,)], "loop": [(1,) * T], "chunks": [(2, 2, 1)], "is_causal": [(1,) * T, True]}
log_p = {(kind, way): score(models[kind], *how) for kind in models for way, how in ways.items()}
off = {key: (other - log_p[key[0], "pass"]).abs().mean().item() for key, other in log_p.items()}
total = {kind: log_p[kind, "pass"].exp().sum().item() for kind in models}
overlap = {kind: torch.minimum(log_p[kind, "loop"].exp(), source).sum().item() for kind in models}
print(f"entropy {torch.special.entr(source).sum():.2f}      loss   total   loop off by, in chunks, is_causal   overlap")
for kind in models:
    print(f"{kind:15} {-(source @ log_p[kind, 'pass']):6.2f} {total[kind]:7.1f}", end="")
    print(*(f"{off[kind, way]:11.0e}" for way in [*ways][1:]), f"{overlap[kind]:11.2f}")
# %% [markdown]
# ## Claim 1: a changed token moves no earlier output; with no mask, a late one, or a layer that mixes tokens, it does
# %%
measured, control = early.pop(CAUSAL), min(early.values())
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 2: one pass gives all 4⁵ texts probabilities that sum to 1; trained without the mask, they do not
# %%
measured, control = abs(total[CAUSAL] - 1), abs(total[NO_MASK] - 1)
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 3: a loop over a cache gives texts their probability in one pass; unmasked or with is_causal=True it does not
# %%
measured = max(off[CAUSAL, "loop"], off[CAUSAL, "chunks"])
control = min(off[NO_MASK, "loop"], off[CAUSAL, "is_causal"])
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 4: the causal model's texts and the source's overlap by over 70 %; those of the unmasked model by less
# %%
measured, control = overlap[CAUSAL], overlap[NO_MASK]
assert control < 0.7 < measured
# %% [markdown]
# ## Picture: which output (row) feels which token (column): causal, causal with centred pooling, no mask
# %%
names, maps = [str(i) for i in range(T)], [moved[kind] for kind in (CAUSAL, CENTRED, NO_MASK)]
picture = {"heatmap": torch.cat(maps, dim=1).tolist(), "rows": names, "columns": names * 3}
