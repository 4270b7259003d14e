# %% [markdown]
# # What does attention's residual do, and what goes wrong without it?
# Attention averages: its outputs are more alike than its inputs. The residual
# x + attention(x) keeps in each token what it was. We take away only that one
# residual of pre-norm blocks; norms, MLPs and their residuals stay.
# (Premise: Xavier initialisation, so logits of order one; claim 4 trains.)
# %%
import torch
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(1)
B, T, C, H, L, V = 24, 10, 32, 4, 6, 16  # batch, tokens, model width, heads, layers, vocabulary


class Block(nn.Module):
    def __init__(self, attention_residual=True, mlp_residual=True):
        super().__init__()
        self.attention_residual, self.mlp_residual = attention_residual, mlp_residual
        self.q, self.k, self.v, self.out = (nn.Linear(C, C, bias=False) for _ in range(4))
        self.mlp = nn.Sequential(nn.LayerNorm(C), nn.Linear(C, 4 * C), nn.ReLU(), nn.Linear(4 * C, C))
        self.norm = nn.LayerNorm(C)
        for weight in self.parameters():
            if weight.dim() > 1:
                nn.init.xavier_normal_(weight)

    def attend(self, x):
        projections = self.q(x), self.k(x), self.v(x)
        q, k, v = (t.unflatten(-1, (H, -1)).transpose(1, 2) for t in projections)  # each (B, H, T, D)
        attn = (q @ k.mT / q.shape[-1] ** 0.5).softmax(dim=-1)  # (B, H, T, T)
        return self.out((attn @ v).transpose(1, 2).flatten(2))  # (B, T, C)

    def forward(self, x):
        x = x * self.attention_residual + self.attend(self.norm(x))
        return x * self.mlp_residual + self.mlp(x)


def measure_apart(x):
    """How far tokens are from their mean, relative to their size: 0 when all are the same."""
    return ((x - x.mean(dim=1, keepdim=True)).norm() / x.norm()).item()


def stack(**residuals):
    """At initialisation: how far tokens are apart after each layer; gradients of the last W_Q and W_V."""
    x, seen = torch.randn(B, T, C).double(), []
    for _ in range(L):
        block = Block(**residuals).double()
        x = block(x)
        seen.append(measure_apart(x))
    (nn.functional.layer_norm(x, (C,)) * torch.randn(B, T, C)).sum().backward()
    return torch.tensor([*seen, block.q.weight.grad.norm(), block.v.weight.grad.norm()])  # (L+2,)


def measure_order(residual):
    """The power of e with which one attention layer passes on differences of size e between tokens."""
    block, mean, differences = Block().double(), torch.randn(C).double(), torch.randn(B, T, C).double()
    near, nearer = (mean + e * differences for e in (1e-2, 1e-3))
    ratio = measure_apart(near * residual + block.attend(near)) / measure_apart(
        nearer * residual + block.attend(nearer)
    )
    return torch.tensor(ratio).log10().item()


def learn(layers, **residuals):
    """Train 120 steps on the easiest of tasks, to name each token: the loss, where guessing has ln 16 = 2.77."""
    token, place = nn.Embedding(V, C), nn.Embedding(T, C)
    model = nn.Sequential(*(Block(**residuals) for _ in range(layers)), nn.LayerNorm(C), nn.Linear(C, V))
    optimizer = torch.optim.Adam(nn.ModuleList([token, place, model]).parameters(), lr=0.003)
    for _ in range(120):
        x = torch.randint(V, (B, T))
        loss = nn.functional.cross_entropy(model(token(x) + place.weight).flatten(0, 1), x.flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


kinds = {"both residuals": {}, "no MLP residual": {"mlp_residual": False}}
kinds["no attention residual"] = {"attention_residual": False}
both, no_mlp, no_attention = seen = [sum(stack(**kind) for _ in range(8)) / 8 for kind in kinds.values()]
loss, stuck, shallow = learn(L), learn(L, attention_residual=False), learn(1, attention_residual=False)
order, kept_order = measure_order(residual=0), measure_order(residual=1)
print(f"differences after layer {''.join(f'{layer:9}' for layer in range(1, L + 1))}   gradient W_Q    W_V")
for name, (*apart, query, value) in zip(kinds, seen, strict=True):
    print(f"{name:24}{''.join(f'{a:9.0e}' for a in apart)} {query:14.0e} {value:6.0f}")
print(f"differences e pass through attention as e^{order:.3f}, with its residual as e^{kept_order:.3f}")
print(f"loss, naming each token: {loss:.3f}; without attention's residual {stuck:.3f}, in one layer {shallow:.3f}")
# %% [markdown]
# ## Claim 1: six layers without attention's residual make all tokens the same to 1e-6; without the MLP's they do not
# %%
measured, control = (kind[L - 1].item() for kind in (no_attention, no_mlp))
assert measured < 1e-6 < control
# %% [markdown]
# ## Claim 2: attention alone passes small differences e on as e³ (power within 0.1 of 3), with its residual it does not
# %%
measured, control = abs(order - 3), abs(kept_order - 3)
assert measured < 0.1 < control
# %% [markdown]
# ## Claim 3: the last W_V gets more gradient without attention's residual than with it; the last W_Q does not
# %%
control, measured = (no_attention / both)[L:].tolist()
assert control < 1 < measured
# %% [markdown]
# ## Claim 4: without attention's residual six layers stay above loss 1.5 in naming tokens; with it, or one layer, not
# %%
measured, control = stuck, max(loss, shallow)
assert control < 1.5 < measured
# %% [markdown]
# ## Picture: how far tokens are apart, by layer
# %%
lines = {name: apart[:L].tolist() for name, apart in zip(kinds, seen, strict=True)}
picture = {"lines": lines, "x": list(range(1, L + 1)), "log": "y"}
