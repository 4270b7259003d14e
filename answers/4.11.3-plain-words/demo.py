# %% [markdown]
# # Self-attention in plain words: in "the cat did not cross the road because it was too tired", who is "it"?
# A small model is asked which noun "it" means, and we watch whom "it" listens to: in sentences it was not trained on,
# when the last word changes, when a noun is hidden, and in a model whose words hear earlier words only.
# (Premise: "it" takes in the two words on either side, then asks those further off, so that its shares can be read.)
# %%
import torch
from torch import nn
from torch.nn.functional import cross_entropy

torch.manual_seed(0)
torch.set_num_threads(1)
ANIMALS, PLACES = ["cat", "dog", "hen", "horse", "sheep", "pig"], ["road", "bridge", "river", "square", "field", "path"]
MOODS, SIZES = ["tired", "sleepy", "hungry"], ["wide", "far", "slippery"]
WORDS = [*ANIMALS, *PLACES, *MOODS, *SIZES, "not", "crossed", "stopped", "yesterday", "because", "it", "too", "?"]
C, IT = 32, 6  # model width; where "it" stands


def write(animal, place, last, swapped=False):
    ends = f"{place} not stopped {animal}" if swapped else f"{animal} not crossed {place}"
    return f"{ends} yesterday because it too {last}".split()


def encode(sentences):
    return torch.tensor([[WORDS.index(word) for word in sentence] for sentence in sentences])  # (B, T)


class Reader(nn.Module):
    def __init__(self, causal=False):
        super().__init__()
        self.causal, self.word, self.place = causal, nn.Embedding(len(WORDS), C), nn.Embedding(9, C)
        self.q, self.k, self.v = (nn.Linear(C, C, bias=False) for _ in range(3))
        self.out = nn.Linear(C, len(ANIMALS + PLACES))

    def forward(self, words):
        x = self.word(words) + self.place.weight  # (B, T, C)
        apart = IT - torch.arange(9)  # (T,), positive for earlier words
        keep = apart >= 0 if self.causal else apart < 9
        heard = x[:, keep & (apart.abs() <= 2)].mean(dim=1, keepdim=True)  # (B, 1, C)
        logits = self.q(heard) @ self.k(x).mT / C**0.5  # (B, 1, T)
        attn = logits.masked_fill(~keep | (apart.abs() <= 2), -torch.inf).softmax(dim=-1)  # (B, 1, T)
        return self.out(attn @ self.v(x))[:, 0], attn[:, 0]  # (B, nouns), (B, T)


def train(model, steps=200):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        batch = torch.randint(len(known), (64,))
        optimizer.zero_grad()
        cross_entropy(model(known[batch])[0], answers(known[batch])).backward()
        optimizer.step()
    return model.requires_grad_(False)


def find_nouns(words):  # where the noun stands that "it" means, and where the other one, (B, 1) each
    first_is_meant = (words[:, :1] < len(ANIMALS)) == (words[:, -1:] < WORDS.index("wide"))
    return torch.where(first_is_meant, 0, 3), torch.where(first_is_meant, 3, 0)


def answers(words):
    return words.gather(1, find_nouns(words)[0])[:, 0]  # nouns are numbered as their words are


every = encode(write(a, p, w, s) for a in ANIMALS for p in PLACES for w in MOODS + SIZES for s in (False, True))
known, fresh = every[torch.randperm(len(every))].split([320, 112])
tired, wide = (encode(write(a, p, last) for a in ANIMALS for p in PLACES) for last in ("tired", "wide"))


def heard_from_meant(reader):
    return reader(fresh)[1].gather(1, find_nouns(fresh)[0]).mean().item()


def moved(reader):
    """The share of the attention of "it" that moves when the last word alone changes."""
    return (reader(tired)[1] - reader(wide)[1]).abs().sum(dim=-1).mean().item() / 2


def still_right(reader, hide):
    """The probability of the right noun when one of the two is hidden."""
    words = fresh.scatter(1, find_nouns(fresh)[hide], WORDS.index("?"))
    return reader(words)[0].softmax(dim=-1).gather(1, answers(fresh)[:, None]).mean().item()


untrained, model, causal = Reader().requires_grad_(False), train(Reader()), train(Reader(causal=True))
readers = {"untrained": untrained, "trained": model, "causal": causal}
print("reader     right   of its attention: on the noun meant   moved by the last word")
for name, reader in readers.items():
    right = (reader(fresh)[0].argmax(dim=-1) == answers(fresh)).double().mean().item()
    print(f"{name:10} {right:5.2f} {heard_from_meant(reader):33.3f} {moved(reader):24.3f}")
other_hidden, meant_hidden = still_right(model, 1), still_right(model, 0)
print(f"probability of the right noun: {other_hidden:.3f} with the other one hidden, {meant_hidden:.3f} with it hidden")
# %% [markdown]
# ## Claim 1: in new sentences "it" gives most of its attention to the noun it means; before training it does not
# %%
measured, control = heard_from_meant(model), heard_from_meant(untrained)
assert control < 0.5 < measured
# %% [markdown]
# ## Claim 2: "tired" made "wide" moves most of the attention of "it"; if words hear earlier ones only, none of it
# %%
measured, control = moved(model), moved(causal)
assert control < 0.5 < measured
# %% [markdown]
# ## Claim 3: with the other noun hidden the model is still sure of its answer; with the noun meant hidden it is not
# %%
measured, control = other_hidden, meant_hidden
assert control < 0.5 < measured
# %% [markdown]
# ## Picture: whom "it" listens to
# %%
rows = {"tired": model(tired), "wide": model(wide), "causal": causal(wide)}
heatmap = [shares[0].tolist() for _, shares in rows.values()]
picture = {"heatmap": heatmap, "rows": list(rows), "columns": write("cat", "road", "...")}
