# %% [markdown]
# # Is this hand-written multi-head self-attention layer right?
# Two tests: output and gradients against nn.MultiheadAttention on the same
# parameters, under every mask; and a sample that is all padding.
# (Premise: no dropout; float64, so that no mistake hides in a tolerance.)
# %%
import torch
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


class MultiHeadSelfAttention(nn.Module):
    def __init__(self, d_model, n_heads, dropout=0.0):
        super().__init__()
        assert d_model % n_heads == 0, "the heads share the width evenly"
        self.n_heads = n_heads
        self.norm = nn.LayerNorm(d_model)
        self.qkv = nn.Linear(d_model, 3 * d_model)  # rows: Q, then K, then V
        self.out = nn.Linear(d_model, d_model)
        self.drop = nn.Dropout(dropout)

    def forward(self, x, key_keep=None, causal=False):
        B, T, C = x.shape
        qkv = self.qkv(self.norm(x)).chunk(3, dim=-1)
        q, k, v = (t.view(B, T, self.n_heads, -1).transpose(1, 2) for t in qkv)  # each (B, H, T, D)
        keep = torch.ones(T, T, dtype=torch.bool, device=x.device)  # (queries, keys), True = may look
        if causal:
            keep = keep.tril()
        if key_keep is not None:  # (B, T), True = real token
            keep = keep & key_keep[:, None, None, :]  # (B, 1, T, T)
        logits = q @ k.mT / q.shape[-1] ** 0.5  # (B, H, T, T)
        attn = logits.masked_fill(~keep, float("-inf")).softmax(dim=-1)
        attn = attn.masked_fill(~keep, 0.0)  # a query with no key at all: zeros, not NaN
        heads = self.drop(attn) @ v  # (B, H, T, D)
        return x + self.drop(self.out(heads.transpose(1, 2).reshape(B, T, C)))


B, T, C, H = 3, 5, 24, 4  # and D = 6: all different, so a swapped axis cannot hide
layer, library = MultiHeadSelfAttention(C, H), nn.MultiheadAttention(C, H, batch_first=True)
library.in_proj_weight, library.in_proj_bias, library.out_proj = layer.qkv.weight, layer.qkv.bias, layer.out
x, upstream = torch.randn(B, T, C, requires_grad=True), torch.randn(B, T, C)


def error(pads, causal, n_heads):
    """Distance from the library, in output and in all gradients, of the layer run with n_heads heads."""
    layer.n_heads, h = n_heads, layer.norm(x)
    hide = torch.ones(T, T).triu(1).bool() & causal  # the library's masks mark what to hide
    gap = layer(x, ~pads, causal) - x - library(h, h, h, key_padding_mask=pads, attn_mask=hide, need_weights=False)[0]
    slopes = torch.autograd.grad(gap, [x, *layer.parameters()], upstream)
    return torch.stack([t.norm() for t in (gap, *slopes)]).norm().item()


right_pads = torch.arange(T) >= torch.tensor([[T], [4], [3]])
masks = [(pads, causal) for pads in (right_pads, right_pads & False) for causal in (False, True)]
misread, right = min(error(*m, n_heads=1) for m in masks), max(error(*m, n_heads=H) for m in masks)

empty = layer(x, torch.zeros(B, T).bool())  # samples that are all padding
flow = torch.autograd.grad(empty.sum(), layer.qkv.weight)[0]
residue = torch.stack([(empty - x - layer.out.bias).abs().max(), flow.abs().max()]).max().item()
row = torch.zeros(T, requires_grad=True)  # the same two steps, but -inf is added: weights 0, gradient NaN
added = (row - torch.inf).softmax(dim=0).masked_fill(torch.ones(T).bool(), 0.0)
added_flow = torch.autograd.grad(added.sum(), row)[0].sum().nan_to_num(torch.inf).item()
print("error                                         layer   control")
print(f"against the library, worst of {len(masks)} masks      {right:8.0e}  {misread:8.1f}  run as one head")
print(f"all padding: not x + b_O, or a gradient    {residue:8.0e}  {added_flow:8}  -inf added, NaN as inf")
# %% [markdown]
# ## Claim 1: output and all gradients equal the library's under every mask; the same weights as one head do not
# %%
measured, control = right, misread
assert measured < 1e-10 < control
# %% [markdown]
# ## Claim 2: an all-padding sample comes out as x + b_O and sends no gradient to Q, K, V; with −∞ added it sends NaN
# %%
measured, control = residue, added_flow
assert measured < 1e-10 < control
