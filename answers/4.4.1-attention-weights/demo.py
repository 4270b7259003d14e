# %% [markdown]
# # Do attention weights show what belongs together?
# A weight says where a head looks; what it brings is weight times value.
# First a random head: other weights, same outputs. Then a trained one in which
# COPY must tell the word before it and a word must tell nothing. A softmax puts
# the words' weight somewhere all the same: on the first token, a sink.
# (Premise: one head, one layer. Deeper down a key is no longer one token.)
# %%
import torch
from torch import nn
from torch.nn.functional import mse_loss, one_hot

torch.manual_seed(0)
torch.set_num_threads(1)
B, T, C, D, WORDS = 64, 16, 32, 24, 8  # batch, tokens, model width, head width, words
COPY, FIRST = WORDS, WORDS + 1  # the two tokens that are not words


def replace_favourites(D, T=200, S=48):
    """Reweigh S random keys for T queries: the share with another favourite and the same output to 1e-12."""
    q, k, v = (torch.randn(n, D, dtype=torch.float64) for n in (T, S, S))
    attn = (q @ k.T / D**0.5).softmax(dim=-1)  # (T, S)
    favourite = attn.argmax(dim=-1)  # (T,)
    kept = attn[:, :, None] * torch.cat([v, torch.ones(S, 1)], dim=-1)  # (T, S, D+1): output, and the sum 1
    basis, push = torch.linalg.qr(kept).Q, one_hot(favourite, S)[:, :, None].double()  # push: (T, S, 1)
    push = push - basis @ (basis.mT @ push)  # away from the favourite, but changing nothing that is kept
    other = attn * (1 - push / push.amax(dim=1, keepdim=True).clamp(min=1e-9))[..., 0]  # (T, S), none below 0
    same = ((other - attn) @ v).abs().amax(dim=-1) < 1e-12  # (T,)
    return (same & (other.argmax(dim=-1) != favourite)).double().mean().item()


class Head(nn.Module):
    def __init__(self, softmax):
        super().__init__()
        self.token, self.place, self.softmax = nn.Embedding(WORDS + 2, C), nn.Embedding(T, C), softmax
        self.q, self.k, self.v = (nn.Linear(C, D, bias=False) for _ in range(3))
        self.out = nn.Linear(D, WORDS, bias=False)

    def forward(self, tokens, first_key=1, first_value=1):
        x = self.token(tokens) + self.place.weight  # (B, T, C)
        seen = torch.ones(T, T).tril()
        seen[1:, 0] = first_key  # 0 hides the first token from all others
        logits = (self.q(x) @ self.k(x).mT / D**0.5).masked_fill(seen == 0, -torch.inf)  # (B, T, T)
        attn = logits.softmax(dim=-1) if self.softmax else (logits - 3).sigmoid()  # sigmoids need not sum to 1
        value = self.out(self.v(x))  # (B, T, WORDS)
        value[:, 0] *= first_value
        return attn @ value, attn, attn * value.norm(dim=-1)[:, None, :]


def draw(batch):
    """Tokens, the word that each must tell (one-hot, or zeros), and which ones must."""
    tokens = torch.randint(WORDS, (batch, T)).masked_fill(torch.rand(batch, T) < 0.2, COPY)
    tokens[:, 0] = FIRST
    before = tokens.roll(1, dims=1)
    asked = (tokens == COPY) & (before < WORDS)  # (batch, T)
    return tokens, one_hot(before.clamp(max=WORDS - 1), WORDS) * asked[:, :, None].float(), asked


def train(softmax, steps=300):
    head = Head(softmax)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.01)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        tokens, wanted, _ = draw(B)
        optimizer.zero_grad()
        mse_loss(head(tokens)[0], wanted).backward()
        optimizer.step()
        schedule.step()
    return head.requires_grad_(False)


tokens, wanted, asked = draw(512)
idle = (tokens < WORDS) & (torch.arange(T) > 1)  # words that see more than the first token and themselves


def look(head):
    """Mean weight and mean size of what it brings, by who looks where; and the idle words' squared error."""
    _, attn, size = head(tokens)
    seen = {}
    for name, part in ("weight", attn), ("size", size):
        seen[f"{name} idle, first"] = part[:, :, 0][idle].mean().item()
        seen[f"{name} COPY, first"] = part[:, :, 0][asked].mean().item()
        seen[f"{name} COPY, before"] = part.diagonal(-1, 1, 2)[asked[:, 1:]].mean().item()
    outputs = {"error": head(tokens), "error, no value": head(tokens, 1, 0), "error, no key": head(tokens, 0)}
    return seen | {name: (out - wanted).square().sum(dim=-1)[idle].mean().item() for name, (out, *_) in outputs.items()}


trained = train(softmax=True)
softmax, sigmoid = look(trained), look(train(softmax=False))
narrow, wide = replace_favourites(8), replace_favourites(48)
print(f"same output, another favourite of 48 keys: width 8 {narrow:.2f} of the queries, width 48 {wide:.2f}")
print("means                   softmax    sigmoid")
for name in softmax:
    print(f"{name:20} {softmax[name]:10.5f} {sigmoid[name]:10.5f}")
# %% [markdown]
# ## Claim 1: for most queries of a head of width 8 other weights, favourite changed, give the same output; of 48, none
# %%
measured, control = narrow, wide
assert control < 0.5 < measured
# %% [markdown]
# ## Claim 2: idle words put over 0.9 of their weight on the first token; COPY, or sigmoid weights, do not
# %%
measured, control = softmax["weight idle, first"], max(softmax["weight COPY, first"], sigmoid["weight idle, first"])
assert control < 0.9 < measured
# %% [markdown]
# ## Claim 3: it brings them under a twentieth of what COPY gets from the word before, though the weight is no smaller
# %%
measured, control = (softmax[f"{part} idle, first"] / softmax[f"{part} COPY, before"] for part in ("size", "weight"))
assert measured < 0.05 < control
# %% [markdown]
# ## Claim 4: hiding the first key makes idle words err by over 0.1 (1 is a word told); erasing the first value does not
# %%
measured, control = softmax["error, no key"], softmax["error, no value"]
assert control < 0.1 < measured
# %% [markdown]
# ## Picture: one sequence: weights (left), and sizes of what they bring (right)
# %%
_, attn, size = trained(tokens[:1])
names = ["copy" if t == COPY else "first" if t == FIRST else "abcdefgh"[t] for t in tokens[0].tolist()]
picture = {"heatmap": torch.cat([attn[0], size[0]], dim=1).tolist(), "rows": names, "columns": names * 2}
