"""Code from memory: the grade that it allows, the user's file, and the whole way through an editor."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from conftest import Quiz
from rich.console import Console
from terminal import Terminal

from attnquiz.cli.code import ask_grade
from attnquiz.content.load import load_collection
from attnquiz.content.model import Card, Words
from attnquiz.errors import AttnquizError
from attnquiz.judge.exercise import load_exercise
from attnquiz.judge.verdict import CheckResult, Judge, Verdict
from attnquiz.memory.schedule import Rating, preview
from attnquiz.session.attempt import Attempt
from attnquiz.session.sheet import Sheet
from attnquiz.ui.editor import Editor
from attnquiz.ui.messages import Speech
from attnquiz.ui.panels import bug_of, prompt_panel
from attnquiz.ui.verdict import verdict_part
from attnquiz.ui.workbench import Workbench

ROOT = Path(__file__).parent.parent
EXERCISE = ROOT / "answers/4.7.1-multi-head/exercise"
DAY = date(2026, 3, 2)


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


def test_a_section_with_several_exercises_and_a_question_without_one_name_those_there_are(quiz: Quiz) -> None:
    assert "4.7.1, 4.7.2" in quiz("code", "4.7", "--solution", code=2).err
    assert "4.7.1" in quiz("code", "4.1.1", "--solution", code=2).err
    assert quiz("code", "4.2", "--solution").out == quiz("code", "4.2.1", "--solution").out


@pytest.mark.parametrize("options", [["--json"], ["--solution", "--reset"], ["--watch", "--check", "x.py"]])
def test_options_that_exclude_one_another_are_refused(quiz: Quiz, options: list[str]) -> None:
    quiz("code", "4.7.1", *options, code=2)


def test_the_solution_of_a_bug_begins_with_what_was_wrong(quiz: Quiz) -> None:
    first, *rest = quiz("code", "4.7.1/bug1", "--solution").out.splitlines()
    assert first.startswith("# the heads")
    compile("\n".join(rest), "solution", "exec")


def test_reset_says_what_it_kept_and_an_untouched_file_is_not_kept(quiz: Quiz) -> None:
    folder = quiz.home / "code"
    assert "None" not in quiz("code", "4.7.1", "--reset").out
    quiz("code", "4.7.1", "--reset")
    assert [path.name for path in folder.iterdir()] == ["4.7.1-code.py"]
    (folder / "4.7.1-code.py").write_text("mine\n")
    said = quiz("code", "4.7.1", "--reset").out
    (aside,) = (path for path in folder.iterdir() if path.read_text() == "mine\n")
    assert str(aside) in said


def make_verdict(*oks: bool | None, protected: bool = True, output: str = "") -> Verdict:
    checks = tuple(
        CheckResult(f"check_{at}", Words(f"Check {at}.", ""), ok, Words("why" if ok is False else "", ""))
        for at, ok in enumerate(oks)
    )
    return Verdict(all(oks), checks, Words("files closed by an audit hook only", ""), protected, output)


def render(renderable: Any) -> str:
    console = Console(file=StringIO(), width=80)
    console.print(renderable)
    return cast(StringIO, console.file).getvalue()


def test_a_verdict_ends_with_the_check_that_failed_and_counts_those_not_run() -> None:
    shown = render(verdict_part(make_verdict(True, False, *[None] * 20), Speech("en")))
    assert "Check 1." in shown
    assert "why" in shown
    assert "Check 2." not in shown
    assert "20" in shown


def test_a_verdict_speaks_of_protection_only_where_it_is_weak() -> None:
    assert "audit hook" not in render(verdict_part(make_verdict(True), Speech("en")))
    assert "audit hook" in render(verdict_part(make_verdict(True, protected=False), Speech("en")))


def test_a_verdict_shows_the_last_lines_of_a_long_output() -> None:
    output = "".join(f"noise {line}\n" for line in range(5000))
    shown = render(verdict_part(make_verdict(True, output=output), Speech("en")))
    assert "noise 4999" in shown
    assert "noise 100\n" not in shown
    assert len(shown.splitlines()) < 20


class FakeJudge:
    """Passes what says so; `then` happens at the first judgement."""

    def __init__(self, then: BaseException | None = None) -> None:
        self.then = then
        self.stops = 0

    def judge(self, _exercise: object, path: Path) -> Verdict:
        then, self.then = self.then, None
        if then is not None:
            raise then
        return make_verdict("pass" in path.read_text())

    def stop(self) -> None:
        self.stops += 1


class Bench:
    """A workbench whose editor, judge and keyboard are scripted: a key, or something that happens while waiting."""

    def __init__(self, tmp_path: Path, steps: list[str | Callable[[], object]], card: str = "4.7.1/code") -> None:
        self.steps = steps
        self.edits: list[str | None] = []
        self.judge = FakeJudge()
        collection = load_collection(ROOT / "questions", ROOT / "answers", None)
        self.card: Card = next(found for found in collection.cards() if found.id == card)
        exercise = load_exercise(EXERCISE)
        bug = bug_of(self.card, exercise)
        self.sheet = Sheet(tmp_path, card, bug.code() if bug else exercise.stub)
        self.console = Console(file=StringIO(), width=80)
        self.bench = Workbench(
            self.card,
            exercise,
            self.sheet,
            cast(Judge, self.judge),
            cast(Editor, SimpleNamespace(open=self.open)),
            self.console,
            Speech("en"),
            self.read_key,
            DAY,
        )

    def open(self, path: Path) -> None:
        if (text := self.edits.pop(0)) is not None:
            path.write_text(text)

    def read_key(self, timeout_s: float | None) -> str | None:
        step = self.steps.pop(0)
        if isinstance(step, str):
            return step
        step()
        return None

    @property
    def said(self) -> str:
        return cast(StringIO, self.console.file).getvalue()


def test_space_goes_to_the_editor_until_the_code_passes(tmp_path: Path) -> None:
    it = Bench(tmp_path, ["space", "space", "space"])
    it.edits = ["wrong", "pass"]
    it.bench.begin()
    assert "Write the module" in it.said, "the task is read before an editor covers it"
    assert it.bench.work() == "space"
    assert (it.bench.attempt.tries, it.bench.attempt.highest) == (2, "good")


def test_an_editor_left_without_saving_and_an_untouched_stub_are_no_tries(tmp_path: Path) -> None:
    it = Bench(tmp_path, ["e", "e", "q"])
    it.edits = [None, load_exercise(EXERCISE).stub, None]
    it.bench.play()
    assert it.bench.attempt.tries == 0
    assert it.said.count("Nothing new was saved") == 3


def test_what_was_written_another_time_is_judged_when_the_editor_is_left(tmp_path: Path) -> None:
    it = Bench(tmp_path, ["q"])
    it.edits = [None]
    it.sheet.path.write_text("pass")
    assert it.bench.play().passed


def test_a_file_that_the_editor_deleted_begins_again_and_ends_nothing(tmp_path: Path) -> None:
    it = Bench(tmp_path, ["q"])
    it.bench.editor = cast(Editor, SimpleNamespace(open=Path.unlink))
    it.bench.play()
    it.bench.editor = cast(Editor, SimpleNamespace(open=lambda path: path.stat()))
    it.bench.edit()
    assert it.sheet.is_untouched


def test_watching_outlives_a_save_by_renaming_and_a_resize(tmp_path: Path) -> None:
    aside = tmp_path / "aside.py"
    save = [lambda: it.sheet.path.rename(aside), lambda: aside.write_text("pass"), lambda: aside.rename(it.sheet.path)]
    it = Bench(tmp_path, [*save, lambda: None, "j"])
    it.sheet.begin()
    it.bench.watch()
    assert it.bench.attempt.passed
    assert it.said.count("judging") == 1


def test_without_an_editor_the_file_is_named_and_can_be_watched(tmp_path: Path) -> None:
    it = Bench(tmp_path, ["space", "w", lambda: it.sheet.path.write_text("pass"), "j", "space"])
    it.bench.editor = None
    it.bench.play()
    assert it.bench.attempt.passed
    assert it.sheet.path.name in it.said


def test_ctrl_c_stops_the_judging_and_not_the_session(tmp_path: Path) -> None:
    it = Bench(tmp_path, ["e", "q"])
    it.edits = ["while True: pass", "pass"]
    it.judge.then = KeyboardInterrupt()
    it.bench.play()
    assert it.judge.stops == 1
    assert it.bench.attempt.highest == "easy", "what was stopped is no try"


def test_a_file_that_cannot_be_judged_is_said_and_can_be_mended(tmp_path: Path) -> None:
    it = Bench(tmp_path, ["e", "q"])
    it.edits = ["too large", "pass"]
    it.judge.then = AttnquizError("larger than 1 MiB; not judged")
    assert it.bench.play().passed
    assert "larger than 1 MiB" in it.said


def test_every_hint_is_numbered_and_shown_once_after_a_pass_too(tmp_path: Path) -> None:
    it = Bench(tmp_path, ["h", "h", "h", "h", "q"])
    it.edits = ["pass"]
    it.bench.play()
    assert [it.said.count(f"Hint {number} of 3") for number in (1, 2, 3)] == [1, 1, 1]
    assert "no more hints" in it.said


def test_keys_are_shown_once_however_often_others_are_pressed(tmp_path: Path) -> None:
    it = Bench(tmp_path, [lambda: None, "up", "z", "q"])
    it.bench.work()
    assert it.said.count("start again") == 1


def test_a_bug_card_says_that_there_is_a_mistake_and_which_it_was(tmp_path: Path) -> None:
    it = Bench(tmp_path, ["s", "q"], card="4.7.1/bug1")
    it.bench.begin()
    it.bench.work()
    assert "one mistake planted" in it.said
    assert "The mistake: the heads are merged" in it.said
    assert "one mistake planted" in render(prompt_panel(it.card, "en")), "in a drill too"


@pytest.mark.parametrize(
    ("keys", "rating"),
    [(["space"], "good"), (["resize", "z", "4", "3"], "good"), (["2"], "hard"), (["q"], None), (["esc"], None)],
)
def test_the_grade_is_asked_until_one_that_was_earned_is_given(
    tmp_path: Path, keys: list[str | Callable[[], object]], rating: Rating | None
) -> None:
    it = Bench(tmp_path, keys)
    it.bench.attempt = attempt("fail", "pass")
    too_high = "4" in keys
    assert ask_grade(it.bench, preview(None, DAY), DAY) == rating
    assert "3 good" in it.said
    assert "4 easy" not in it.said
    assert ("Not earned" in it.said) == too_high


def test_what_is_graded_again_is_due_today(tmp_path: Path) -> None:
    it = Bench(tmp_path, ["1"])
    assert ask_grade(it.bench, preview(None, DAY), DAY) == "again"
    assert "1 again today" in it.said
    assert "2 hard" not in it.said


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
        terminal.type(" 3")
        assert terminal.wait_for_end() == 0
        assert "graded good" in terminal.text
    written = list(Path(environment["ATTNQUIZ_HOME"], "code").iterdir())
    assert [path.name.count(".") > 3 for path in written] == [True], "it begins blank the next time"


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")
def test_ctrl_c_leaves_ungraded_with_the_terminal_as_it_was(environment: dict[str, str]) -> None:
    with Terminal(["code", "4.7.1"], environment) as terminal:
        terminal.wait_for("space done", seconds=60)
        terminal.type("\x03")
        assert terminal.wait_for_end() == 130
        assert terminal.modes_now == terminal.found


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")
def test_an_exercise_in_a_drill_opens_the_editor_and_allows_what_was_earned(environment: dict[str, str]) -> None:
    with Terminal(["drill", "4.7.1/code"], environment, columns=100, rows=40) as terminal:
        terminal.wait_for("write the code")
        terminal.type(" ")
        terminal.wait_for("1 again")
        assert "class MultiHeadSelfAttention" in terminal.text
        assert "2 hard" not in terminal.text, "only what was earned is offered"
        terminal.type("3")
        terminal.wait_for("Not earned")
        terminal.type("1")
        terminal.wait_for("write the code")
        terminal.type("h")
        terminal.wait_for("Hints come while you write")
        terminal.type("c")
        terminal.wait_for("It passes all", seconds=60)
        terminal.type(" ")
        terminal.wait_for("take good")
        terminal.type("3")
        assert terminal.wait_for_end() == 0
        assert terminal.is_as_found


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_ctrl_c_in_the_editor_is_the_editors(tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text(f"#!{sys.executable}\nimport os, signal\nos.killpg(0, signal.SIGINT)\n")
    editor.chmod(0o755)
    program = f"import pathlib, attnquiz.ui.editor as e; e.Editor(('{editor}',)).open(pathlib.Path('x')); print('on')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, start_new_session=True)
    assert (done.returncode, done.stdout) == (0, "on\n")
