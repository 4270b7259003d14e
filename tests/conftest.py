"""The whole program with everything around it pinned: home, clock, width, language."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from attnquiz.cli.app import main
from attnquiz.cli.world import World

MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    out: str
    err: str


@dataclass
class Quiz:
    """`quiz("list", "--due")` runs the program; `code` is the exit code that is expected."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)
    at: datetime = MORNING

    def __call__(self, *argv: str, code: int = 0) -> Said:
        out, err = io.StringIO(), io.StringIO()
        world = World(environment=self.environment, now=lambda: self.at, zone=UTC, stdout=out, stderr=err)
        got = main(list(argv), world)
        said = Said(out.getvalue(), err.getvalue())
        assert got == code, f"exit code {got}, not {code}\n{said.out}\n{said.err}"
        assert "Traceback" not in said.err
        return said

    def wait(self, days: float) -> None:
        self.at += timedelta(days=days)


@pytest.fixture
def quiz(tmp_path: Path) -> Quiz:
    home = tmp_path / "home"
    return Quiz(home, {"ATTNQUIZ_HOME": str(home), "LANG": "en_US.UTF-8", "PATH": os.environ["PATH"], "COLUMNS": "80"})


DEMO = """# %% [markdown]
# # Does the level stay low?
# A demo without torch, for tests.
# %%
class torch:
    manual_seed = staticmethod(lambda seed: None)

torch.manual_seed(0)
level = 0.1
print("the level is", level)
# BODY
# %% [markdown]
# ## Claim 1: the level stays under a half
# %%
measured, control = level, 1.0
assert measured < 0.5 < control
"""

BANK = """section: "4.1"
title: {en: Small, zh: 小}
questions:
  - id: 4.1.1
    ask: {en: Does it?, zh: 是吗？}
    difficulty: 1
    weight: 1
    minutes: 1
    tags: [small]
    hint: {en: a hint, zh: 提示}
    points:
      - {id: low, en: It stays low., zh: 它很低。, claim: 1, cues: [[low|低]]}
    follow_ups:
      - {ask: {en: Why?, zh: 为什么？}, answer: {en: It does., zh: 就是。}}
    refs:
      - {authors: Nobody, year: 2020, title: Nothing, url: "https://example.org"}
  - id: 4.1.2
    ask: {en: And this?, zh: 那这个呢？}
    draft: true
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A small collection: one question with a demo that needs no torch, and one that is not written yet."""
    files = {
        "questions/4.01-small.yaml": BANK,
        "answers/4.1.1-first/answer.en.md": "## In one sentence\n\nIt does.\n",
        "answers/4.1.1-first/answer.zh.md": "## 一句话\n\n是的。\n",
        "answers/4.1.1-first/demo.py": DEMO,
    }
    for name, text in files.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "data"
