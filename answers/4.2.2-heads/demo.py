# %% [markdown]
# # What can several heads do that one wide head cannot?
# A head has one row of weights per query, so it reads one mixture of the tokens.
# Task: tell the contents of the four tokens before. One head, however wide, has
# one mixture for four unknowns; four heads of a quarter of its width have four,
# with the same number of parameters.
# (Premise: weights depend on positions only, contents are independent; the
# tokens form a ring, so that each has four before it.)
# %%
import torch
from torch import nn
from torch.nn.functional import mse_loss, pad
from torch.utils.flop_counter import FlopCounterMode

torch.manual_seed(0)
torch.set_num_threads(1)
B, T, C, M = 40, 12, 32, 6  # batch, tokens, model width, numbers that a token holds


class MultiHead(nn.Module):
    def __init__(self, H, D):
        super().__init__()
        self.H = H
        self.q, self.k, self.v = (nn.Linear(C, H * D, bias=False) for _ in range(3))
        self.out = nn.Linear(H * D, C, bias=False)

    def forward(self, place, content):
        projected = self.q(place), self.k(place), self.v(content)  # each (B, T, H·D)
        q, k, v = (t.unflatten(-1, (self.H, -1)).transpose(1, 2) for t in projected)  # each (B, H, T, D)
        self.attn = (q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-1)  # (B, H, T, S)
        return self.out((self.attn @ v).transpose(1, 2).flatten(2))  # (B, T, C)


def learn(H, wanted, steps=300):
    """Train H heads, of width C in total, to tell the `wanted` tokens before: the error on new ones, the weights."""
    layer, place = MultiHead(H, C // H), 2 * torch.eye(T, C)[None]  # larger than 1 only to learn faster
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.03)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for batch in [B] * steps + [1024]:
        content = torch.randn(batch, T, M)
        before = torch.cat([content.roll(distance, dims=1) for distance in range(1, wanted + 1)], dim=-1)
        told = layer(place, pad(content, (0, C - M)))[..., : wanted * M]  # (B, T, wanted·M)
        loss = mse_loss(told, before)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return loss.item(), layer.attn[0].detach()  # contents have variance 1, so the error is the share not told


def cost(H, D):
    """Parameters, and FLOPs of the matrix products, relative to one head of full width."""
    counts = []
    for layer in MultiHead(H, D), MultiHead(1, C):
        with FlopCounterMode(display=False) as counter:
            layer(*torch.randn(2, B, T, C))
        counts.append((sum(p.numel() for p in layer.parameters()), counter.get_total_flops()))
    return [ours / one for ours, one in zip(*counts, strict=True)]


def favourites(H):
    """For each head of a random layer: how many of 100 keys get the largest weight of at least one query."""
    layer = MultiHead(H, C // H)
    layer(*torch.randn(2, 1, 100, C))
    return [head.argmax(dim=-1).unique().numel() for head in layer.attn[0]]


(four_error, four), (one_error, one), (easy_error, _) = learn(4, wanted=4), learn(1, wanted=4), learn(1, wanted=1)
split, unsplit = cost(8, C // 8), cost(8, C)
narrow, wide = favourites(C), favourites(4)
print("heads   width   tokens wanted   error")
for H, D, wanted, error in (4, C // 4, 4, four_error), (1, C, 4, one_error), (1, C, 1, easy_error):
    print(f"{H:5} {D:7} {wanted:15} {error:7.4f}")
print("8 heads against one of full width   split: parameters x{:.2f}, FLOPs x{:.2f}".format(*split))
print("                                    unsplit: parameters x{:.2f}, FLOPs x{:.2f}".format(*unsplit))
print(f"keys that some query likes best     width 1: at most {max(narrow)}, width {C // 4}: at least {min(wide)}")
# %% [markdown]
# ## Claim 1: four heads tell the four tokens before (error under 0.05); one head with as many parameters does not
# %%
measured, control = four_error, one_error
assert measured < 0.05 < control
# %% [markdown]
# ## Claim 2: one head of full width leaves over 0.7 of four tokens untold (in theory 3/4 or more), of one token not
# %%
measured, control = one_error, easy_error
assert control < 0.7 < measured
# %% [markdown]
# ## Claim 3: 8 heads of an eighth of the width take the parameters and FLOPs of one head; 8 of full width do not
# %%
measured, control = max(split), min(unsplit)
assert measured < 1.01 < control
# %% [markdown]
# ## Claim 4: a head of width 1 gives its largest weight to one of two keys, whatever the query; of width 8 to many
# %%
measured, control = max(narrow), min(wide)
assert measured < 2.5 < control
# %% [markdown]
# ## Picture: weights of query 8: one head has one mixture of tokens 4 to 7, four heads have four different ones
# %%
rows = ["one head", *(f"head {i} of 4" for i in range(1, 5))]
weights = torch.cat([one, four])[:, 8]  # (1 + 4, S)
picture = {"heatmap": weights.tolist(), "rows": rows, "columns": [str(key) for key in range(T)]}
