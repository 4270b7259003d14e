"""Code from memory: the grade that it allows, the user's file, and the whole way through an editor."""

from __future__ import annotations

import json
import os
import stat
import sys
from datetime import date
from pathlib import Path

import pytest
from conftest import Quiz
from terminal import Terminal

from attnquiz.memory.schedule import Rating
from attnquiz.session.attempt import Attempt
from attnquiz.session.sheet import Sheet

EXERCISE = Path(__file__).parent.parent / "answers/4.7.1-multi-head/exercise"


def attempt(*steps: str) -> Attempt:
    made = Attempt()
    for step in steps:
        {"pass": lambda: made.judge(True), "fail": lambda: made.judge(False)}.get(step, getattr(made, step, None))()
    return made


@pytest.mark.parametrize(
    ("steps", "highest", "suggested"),
    [
        (("pass",), "easy", "good"),
        (("fail", "pass"), "good", "good"),
        (("take_hint", "pass"), "hard", "hard"),
        (("pass", "take_hint", "see_solution"), "easy", "good"),
        (("see_solution", "pass"), "again", "again"),
        (("fail",), "again", "again"),
        ((), "again", "again"),
    ],
)
def test_the_grade_follows_from_tries_and_help(steps: tuple[str, ...], highest: Rating, suggested: Rating) -> None:
    made = attempt(*steps)
    assert (made.highest, made.suggested) == (highest, suggested)
    assert made.allows("again")


def test_a_sheet_is_never_overwritten_and_kept_aside_by_name(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path, "4.7.1/code", "the stub\n")
    sheet.begin()
    sheet.path.write_text("mine\n")
    sheet.begin()
    assert sheet.path.read_text() == "mine\n"
    asides = []
    for _ in range(2):
        asides.append(sheet.put_aside(date(2026, 3, 2)))
        sheet.begin()
        assert sheet.path.read_text() == "the stub\n"
    assert len({*asides}) == 2
    assert asides[0].read_text() == "mine\n"


def test_check_judges_a_file_and_says_so_in_json(quiz: Quiz) -> None:
    passed = json.loads(quiz("code", "4.7.1", "--check", str(EXERCISE / "solution.py"), "--json").out)
    assert (passed["id"], passed["ok"]) == ("4.7.1/code", True)
    assert all({"name", "ok", "detail"} <= set(check) and check["ok"] for check in passed["checks"])
    failed = json.loads(quiz("code", "4.7.1", "--check", str(EXERCISE / "stub.py"), "--json", code=1).out)
    oks = [check["ok"] for check in failed["checks"]]
    assert oks.index(False) == oks.index(None) - 1


def test_code_without_a_terminal_or_an_exercise_or_a_file_says_what_to_do(quiz: Quiz) -> None:
    assert "--check" in quiz("code", "4.7.1", code=2).err
    quiz("code", "4.7.1/f1", code=2)
    quiz("code", "4.7.99", code=2)
    assert "nowhere.py" in quiz("code", "4.7.1", "--check", "nowhere.py", code=1).err


def test_the_solution_can_be_printed(quiz: Quiz) -> None:
    assert "class MultiHeadSelfAttention" in quiz("code", "4.7.1", "--solution").out


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An editor that writes the solution, as the best user would."""
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\ncp {EXERCISE / "solution.py"} "$1"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    home = {"ATTNQUIZ_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "EDITOR": str(editor)}
    return {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "en_US.UTF-8"} | home


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")
def test_code_opens_the_editor_judges_and_grades(environment: dict[str, str]) -> None:
    with Terminal(["code", "4.7.1"], environment, rows=60) as terminal:
        terminal.wait_for("It passes all", seconds=60)
        terminal.type(" ")
        terminal.wait_for("space takes good")
        terminal.type("3")
        assert terminal.wait_for_end() == 0
        assert "graded good" in terminal.text
    written = list(Path(environment["ATTNQUIZ_HOME"], "code").iterdir())
    assert [path.name.count(".") > 3 for path in written] == [True], "it begins blank the next time"


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")
def test_an_exercise_in_a_drill_opens_the_editor_and_allows_what_was_earned(environment: dict[str, str]) -> None:
    with Terminal(["drill", "4.7.1/code"], environment, columns=100, rows=40) as terminal:
        terminal.wait_for("write the code")
        terminal.type(" ")
        terminal.wait_for("1 again")
        terminal.type("3")
        terminal.wait_for("does not allow that grade")
        terminal.type("1")
        terminal.wait_for("write the code")
        terminal.type("c")
        terminal.wait_for("It passes all", seconds=60)
        terminal.type(" ")
        terminal.wait_for("take good")
        terminal.type("3")
        assert terminal.wait_for_end() == 0
        assert terminal.is_as_found
