# %% [markdown]
# # What does self-attention learn, in terms of information?
# First a head that is given: with one-hot values it estimates p(y|x) from the examples
# in its context. Then heads trained by cross-entropy on 8 fair bits, where all 256
# contexts can be listed and every information is exact, not an estimate.
# (Premise: one head, one layer. All information is in nats; ln 2 is one bit.)
# %%
from math import log

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize, one_hot

torch.manual_seed(0)
torch.set_num_threads(1)
B, T, C, D = 96, 8, 32, 24  # contexts, bits of one, model width, width of the key vectors
WORDS, KINDS = 10, 4  # of x, of y


def read(sharpness, S):
    """What a head that looks x up among S examples (x, y) misses of p(y|x), as a share of I(X;Y)."""
    wrong = (p_y_x * (p_y_x / p_y_x.mean(dim=0)).log()).sum(dim=1).mean()  # I(X;Y): KL of p(y|x) from p(y)
    x = torch.randint(WORDS, (B, S))
    y = torch.multinomial(p_y_x[x].flatten(0, 1), 1).view(B, S)
    k = vectors[x] + 0.05 * torch.randn(B, S, D)
    attn = (sharpness * vectors @ k.mT).softmax(dim=-1)  # (B, WORDS, S): one query for each x
    estimate = 0.99 * attn @ one_hot(y, KINDS).float() + 0.01 / KINDS  # (B, WORDS, KINDS), never 0
    return ((p_y_x * (p_y_x / estimate).log()).sum(dim=-1).mean() / wrong).item()


class Head(nn.Module):
    def __init__(self, even=False):
        super().__init__()
        self.even, self.bit, self.place = even, nn.Embedding(2, C), nn.Embedding(T, C)
        self.query, self.key, self.value = nn.Parameter(torch.randn(C)), nn.Linear(C, C), nn.Linear(C, C)
        self.out = nn.Sequential(nn.Linear(C, 2 * C), nn.ReLU(), nn.Linear(2 * C, 2))

    def forward(self, bits):
        x = self.bit(bits) + self.place.weight  # (B, T, C)
        attn = (self.key(x) @ self.query * (not self.even) / C**0.5).softmax(dim=-1)  # (B, T)
        return self.out((attn[:, None] @ self.value(x))[:, 0]), attn


def train(bits, p_y, even=False, steps=300):
    head = Head(even)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.005)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(head(bits)[0], p_y).backward()
        optimizer.step()
    return head.requires_grad_(False)


def tell(y, flipped=0.1):
    """The distribution of a label that is y, or the opposite as often as `flipped`."""
    return (1 - flipped) * one_hot(y, 2) + flipped * one_hot(1 - y, 2)


def inform(head, bits, p_y):
    """H(Y) - CE, with Y a fair bit: over the true distribution at most I(Y; context)."""
    return log(2) - cross_entropy(head(bits)[0], p_y).item()


def worth(bit, p_y):
    """I(Y; bit), what one bit tells by itself."""
    return log(2) - torch.special.entr(torch.stack([p_y[bit == 0], p_y[bit == 1]]).mean(dim=1)).sum(dim=1).mean().item()


p_y_x = (1.5 * torch.randn(WORDS, KINDS)).softmax(dim=-1)
vectors = normalize(torch.randn(WORDS, D), dim=-1)
few, many, even = read(16, S=16), read(16, S=1024), read(0, S=1024)
print(f"missed of I(X;Y): sharp, 16 examples {few:.2f}, 1024 {many:.2f}; even weights, 1024 {even:.2f}")
bits = torch.arange(2**T)[:, None] >> torch.arange(T) & 1  # (256, T): each context once
xor, lone, coin = tell(bits[:, 2] ^ bits[:, 5]), tell(bits[:, 3]), tell(bits[:, 3], flipped=0.5)
true = log(2) - torch.special.entr(xor).sum(dim=1).mean().item()  # I(Y; context) of XOR
head, blind, other = train(bits, xor), train(bits, xor, even=True), train(bits, lone)
reached = [inform(model, bits, xor) for model in (head, blind)]
print("XOR: I(Y; context) {:.3f}; H(Y) - CE {:.3f}, with even weights {:.3f}".format(true, *reached))
drawn, tossed = bits[torch.randperm(2**T)[:16]], one_hot(torch.randint(2, (16,)), 2).float()
gambler = train(drawn, tossed)
seen, fresh = inform(gambler, drawn, tossed), inform(gambler, bits, coin)
print(f"coin: I(Y; context) 0; H(Y) - CE where trained {seen:.3f}, over the true distribution {fresh:.3f}")
print("the label tells              of bit 2, bit 5: I(Y; bit)           weight")
told = [[abs(worth(bits[:, at], p_y)) for at in (2, 5)] for p_y in (xor, lone)]
weights = [model(bits)[1].mean(dim=0)[[2, 5]].tolist() for model in (head, other)]
for name, nats, shares in zip(("bit 2 xor bit 5", "bit 3"), told, weights, strict=True):
    print("{:30} {:18.3f} {:6.3f} {:9.3f} {:6.3f}".format(name, *nats, *shares))
# %% [markdown]
# ## Claim 1: with 1024 examples a sharp head misses under 0.3 of I(X;Y); with 16, or by even weights, it misses more
# %%
measured, control = many, min(few, even)
assert measured < 0.3 < control
# %% [markdown]
# ## Claim 2: trained on XOR, H(Y) − CE comes within 0.05 of I(Y; context); with even weights it does not
# %%
measured, control = (abs(nats - true) for nats in reached)
assert measured < 0.05 < control
# %% [markdown]
# ## Claim 3: of a coin, where the truth is 0, H(Y) − CE shows over 0.1 nats on 16 training contexts, none on all 256
# %%
measured, control = seen, max(0.0, fresh)
assert control < 0.1 < measured
# %% [markdown]
# ## Claim 4: two bits worth 0 nats each get over 0.8 of the weight if the label is their XOR, not if it is another bit
# %%
measured, control = (sum(shares) if max(nats) < 1e-6 else torch.nan for nats, shares in zip(told, weights, strict=True))
assert control < 0.8 < measured
# %% [markdown]
# ## Picture: what a head misses of I(X;Y), against the number of examples
# %%
sizes = 16, 64, 256, 1024
lines = {f"sharpness {sharpness}": [read(sharpness, S) for S in sizes] for sharpness in (0, 2, 16)}
picture = {"lines": lines, "x": sizes, "log": "xy"}
