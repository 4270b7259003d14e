"""The README is true: its commands work and print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from conftest import Quiz

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(sh|console)\n(.*?)^```", re.M | re.S)
FILES = ["README.md", "README.zh.md"]
NEEDS_A_TERMINAL = ("make drill", "make test")


def blocks(kind: str) -> list[str]:
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in FILES]
    return [body for text in texts for found, body in BLOCK.findall(text) if found == kind]


def commands(body: str) -> list[str]:
    return [line for line in body.splitlines() if line and line not in NEEDS_A_TERMINAL]


@pytest.mark.parametrize("line", [line for body in blocks("sh") for line in commands(body)])
def test_every_command_of_the_readme_works(quiz: Quiz, line: str) -> None:
    program, *argv = shlex.split(line)
    assert program == "attnquiz"
    quiz(*argv)


@pytest.mark.parametrize("body", blocks("console"))
def test_every_session_of_the_readme_prints_what_it_shows(
    quiz: Quiz, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    first, *shown = body.splitlines()
    fails = any(line.startswith(" ✗") for line in shown)
    out = quiz(*shlex.split(first.removeprefix("$ attnquiz ")), code=int(fails)).out
    printed = [line.rstrip() for line in out.splitlines()]
    missing = [line for line in shown if line != "..." and line.rstrip() not in printed]
    assert missing == []


@pytest.mark.parametrize("name", FILES)
def test_the_readme_links_to_files_that_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^):]+)\)", text)
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_two_install_commands_are_targets_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\ndrill:" in makefile
    assert "\ntest:" in makefile
