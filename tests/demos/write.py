"""Demos written on the spot, without torch: what they test is how a demo is read and run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from attnquiz.run.demo import Demo, parse_demo

OPENING = """\
# %% [markdown]
# # Does it run?
# Premise: there is a Python.
# %%
import random as torch

torch.manual_seed = torch.seed
torch.manual_seed(7)
"""
CLAIM = """\
# %% [markdown]
# ## Claim 1: one is less than two
# %%
measured, control = 1, 3
assert measured < 2 < control
"""


def write_source(*cells: str) -> str:
    """The opening, then each cell, which brings its own markers or is code."""
    return OPENING + "".join(cell if cell.startswith("# %%") else f"# %%\n{cell}\n" for cell in cells)


def write_claim(number: int, body: str, says: str = "it is so") -> str:
    return f"# %% [markdown]\n# ## Claim {number}: {says}\n# %%\n{body}\n"


def write_demo(*cells: str, path: Path = Path("9.9.9-plain/demo.py")) -> Demo:
    """A demo of these cells that proves one thing at the end."""
    return parse_demo(write_source(*cells, *([] if any("## Claim" in cell for cell in cells) else [CLAIM])), path)


def random_cuts(data: bytes, seed: int) -> Iterator[bytes]:
    draw = random.Random(seed)
    while data:
        cut = draw.randint(1, 40)
        yield data[:cut]
        data = data[cut:]
