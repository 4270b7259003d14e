# %% [markdown]
# # What does the look-ahead mask prevent, and why does an encoder do without it?
# In training the label of position i is the input at i+1. An unmasked decoder
# copies it, and in generation has nothing to copy. What an encoder sees to the
# right is no label and is there in use as well: hiding it only loses information.
# (Premise: one head a layer, no padding, a source whose entropy is known.)
# %%
import torch
from torch import nn
from torch.nn.functional import cross_entropy

torch.manual_seed(0)
torch.set_num_threads(1)
B, T, C, V = 32, 16, 28, 24  # batch, tokens, width, vocabulary
KEPT = 0.8  # how often the source keeps to its rule; else any token follows
rule = torch.randperm(V)
ENTROPY = torch.special.entr(KEPT * torch.eye(V)[0] + (1 - KEPT) / V).sum().item()  # of a token, given the one before
BEFORE, AFTER, NONE = "mask before softmax", "mask after softmax", "no mask"


class Transformer(nn.Module):
    """One attention layer with its residual for each of `masks`, which say where the mask acts."""

    def __init__(self, *masks):
        super().__init__()
        self.tokens, self.positions, self.out = nn.Embedding(V, C), nn.Embedding(T, C), nn.Linear(C, V)
        self.masks, self.layers = masks, nn.ModuleList(nn.Linear(C, 3 * C) for _ in masks)

    def forward(self, ids):
        n = ids.shape[1]
        future = torch.ones(n, n).triu(1).bool()  # (T, S): keys after their query, which may see itself
        x = self.tokens(ids) + self.positions.weight[:n]  # (B, T, C)
        for mask, layer in zip(self.masks, self.layers, strict=True):
            q, k, v = layer(x).chunk(3, dim=-1)  # each (B, T, C)
            logits = (q @ k.mT / C**0.5).masked_fill(future & (mask == BEFORE), -torch.inf)  # (B, T, S)
            self.attn = logits.softmax(dim=-1).masked_fill(future & (mask == AFTER), 0.0)
            x = x + self.attn @ v
        return self.out(x)  # (B, T, V)


def next_token(batch):
    """Texts of the source, and the same one token ahead."""
    texts = [torch.randint(V, (batch,))]
    for _ in range(T):
        texts.append(torch.where(torch.rand(batch) < KEPT, rule[texts[-1]], torch.randint(V, (batch,))))
    return torch.stack(texts[:-1], dim=1), torch.stack(texts[1:], dim=1)  # each (B, T)


def reverse(batch):
    """Random tokens, and the same backwards."""
    ids = torch.randint(V, (batch, T))
    return ids, ids.flip(1)


def train(task, mask, steps=250):
    """A trained model, and its loss and accuracy on new examples of the task."""
    model = Transformer(mask)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for batch in [B] * steps + [1024]:
        ids, labels = task(batch)
        logits = model(ids)
        loss = cross_entropy(logits.mT, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model, loss.item(), (logits.argmax(dim=-1) == labels).double().mean().item()


def changed(*masks, i=7):
    """How many outputs up to position i, in a batch, change when the tokens after i do."""
    model, ids = Transformer(*masks), torch.randint(V, (B, T))
    edited = torch.where(torch.arange(T) > i, (ids + 1) % V, ids)
    return (model(ids) != model(edited)).any(dim=-1)[:, : i + 1].sum().item()


def keeps_to_rule(model):
    """How often the rule is kept in texts that the model generates from one random token."""
    ids = torch.randint(V, (512, 1))
    while ids.shape[1] < T:
        ids = torch.cat([ids, torch.multinomial(model(ids)[:, -1].softmax(dim=-1), 1)], dim=1)
    return (rule[ids[:, :-1]] == ids[:, 1:]).double().mean().item()


leaks = {masks: changed(*masks) for masks in ((BEFORE, BEFORE), (AFTER, AFTER), (BEFORE, NONE), (NONE, NONE))}
decoders, losses, kept, reversed_ = {}, {}, {}, {}
for mask in BEFORE, NONE:
    decoders[mask], losses[mask], _ = train(next_token, mask)
    kept[mask] = keeps_to_rule(decoders[mask])
    _, _, reversed_[mask] = train(reverse, mask)
print(f"two layers                                   earlier outputs changed by the future, of {B * 8}")
for masks, count in leaks.items():
    print(f"{masks[0]:19} + {masks[1]:22} {count:35}")
print(f"one layer              decoder's loss (entropy {ENTROPY:.3f})   rule kept in generation   encoder reverses")
for mask in BEFORE, NONE:
    print(f"{mask:22} {losses[mask]:30.3f} {kept[mask]:25.3f} {reversed_[mask]:18.3f}")
# %% [markdown]
# ## Claim 1: masked before softmax in all layers, no output feels a later token; after softmax or in one layer, some do
# %%
measured, control = leaks.pop((BEFORE, BEFORE)), min(leaks.values())
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 2: an unmasked decoder's loss falls below half the source's entropy, by copying labels; a masked one's not
# %%
measured, control = losses[NONE] / ENTROPY, losses[BEFORE] / ENTROPY
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 3: in generation that decoder keeps to the source's rule less than half the time; the masked one, over half
# %%
measured, control = kept[NONE], kept[BEFORE]
assert measured < 0.5 < control
# %% [markdown]
# ## Claim 4: an encoder learns to reverse its input (over 90% right); under a look-ahead mask it does not
# %%
measured, control = reversed_[NONE], reversed_[BEFORE]
assert control < 0.9 < measured
# %% [markdown]
# ## Picture: where decoders look after training: masked (m) back or at itself, unmasked (u) at the next token
# %%
grid = torch.cat([decoders[mask].attn.mean(dim=0)[:6, :6] for mask in (BEFORE, NONE)], dim=1)  # (6, 6 + 6)
picture = {"heatmap": grid.tolist(), "rows": list("012345"), "columns": [f"{a}{i}" for a in "mu" for i in range(6)]}
