"""`attnquiz drill` as a person uses it: a real pseudo-terminal, the real banks, a real database."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX")

Drill = Callable[..., Terminal]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH",)}
    home = {"ATTNQUIZ_HOME": str(tmp_path / "home"), "HOME": str(tmp_path)}
    return kept | home | {"TERM": "xterm-256color", "LANG": "en_US.UTF-8"}


@pytest.fixture
def drill(environment: dict[str, str]) -> Drill:
    def start(*argv: str, columns: int = 80, rows: int = 24) -> Terminal:
        return Terminal(["drill", *argv], environment, columns, rows)

    return start


def listed(environment: dict[str, str], *argv: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "attnquiz", "list", "--json", *argv]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def state_of(environment: dict[str, str], card: str) -> str:
    (found,) = [row for row in listed(environment, card) if row["id"] == card]
    return str(found["state"])


def test_a_session_reveals_runs_grades_undoes_quits_and_resumes(drill: Drill, environment: dict[str, str]) -> None:
    with drill("4.1") as terminal:
        terminal.wait_for("essence of self-attention")
        assert "space show the answer" in terminal.text
        terminal.type(" ")
        terminal.wait_for("In one sentence")
        terminal.wait_for("1 again")
        terminal.type("r")
        terminal.wait_for("every claim holds", seconds=60)
        terminal.type("3")
        terminal.wait_for("1 done")
        terminal.type("u")
        terminal.wait_for("The grade is taken back.")
        assert state_of(environment, "4.1.1") == "new"
        terminal.type(" 3")
        terminal.wait_for("1 done")
        assert state_of(environment, "4.1.1") == "review"
        terminal.type("q")
        assert terminal.wait_for_end() == 0
        assert terminal.is_as_found
        assert "1 reviewed" in terminal.text
    with drill("4.1") as terminal:
        terminal.wait_for("0 done")
        assert "4.1.1 " not in terminal.text
        terminal.type("\x04")
        assert terminal.wait_for_end() == 0


def test_keys_typed_in_a_burst_are_all_taken(drill: Drill, environment: dict[str, str]) -> None:
    with drill("4.1") as terminal:
        terminal.wait_for("show the answer")
        terminal.type(" 3 3 3q")
        assert terminal.wait_for_end() == 0
    assert len([row for row in listed(environment, "4.1") if row["state"] == "review"]) == 3


def test_kill_9_loses_nothing_graded_and_the_terminal_is_restored(drill: Drill, environment: dict[str, str]) -> None:
    with drill("4.1") as terminal:
        terminal.wait_for("show the answer")
        terminal.type(" 3 1")
        terminal.wait_for("2 done")
        assert not terminal.is_as_found
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.wait_for_end() == -signal.SIGKILL
        terminal.wait_until(lambda: terminal.is_as_found)
    states = [row["state"] for row in listed(environment, "4.1")]
    assert (states.count("review"), states.count("learning")) == (1, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_any_signal_leaves_the_terminal_as_found(drill: Drill, number: signal.Signals) -> None:
    with drill() as terminal:
        terminal.wait_for("show the answer")
        os.kill(terminal.pid, number)
        assert terminal.wait_for_end() == (130 if number == signal.SIGINT else 128 + number)
        terminal.wait_until(lambda: terminal.is_as_found)


def test_ctrl_c_leaves_with_130_and_the_summary(drill: Drill) -> None:
    with drill() as terminal:
        terminal.wait_for("show the answer")
        terminal.type("\x03")
        assert terminal.wait_for_end() == 130
        assert terminal.is_as_found
        assert "Nothing graded" in terminal.text


def test_ctrl_c_stops_a_demo_and_not_the_drill(drill: Drill) -> None:
    with drill("4.1") as terminal:
        terminal.wait_for("show the answer")
        terminal.type(" r")
        terminal.wait_for("running ...")
        terminal.type("\x03")
        terminal.wait_for("The demo was stopped.")
        terminal.type("3")
        terminal.wait_for("1 done")


@pytest.mark.parametrize(("columns", "rows"), [(40, 12), (80, 24), (120, 40), (200, 50)])
def test_every_panel_fits_every_window(drill: Drill, columns: int, rows: int) -> None:
    with drill("4.7", columns=columns, rows=rows) as terminal:
        terminal.wait_for("4.7.1")
        for key, seen in ((" ", "1 again"), ("c", "again"), ("f", "again"), ("i", "again"), ("?", "any key")):
            terminal.type(key)
            terminal.wait_for(seen)
        assert len(terminal.view.display) == rows


def test_the_drill_speaks_chinese(drill: Drill) -> None:
    with drill("--lang", "zh") as terminal:
        terminal.wait_for("空格")
        terminal.type(" ")
        terminal.wait_for("一句话")


def test_a_typed_answer_ticks_its_points(drill: Drill) -> None:
    with drill("4.1.3") as terminal:
        terminal.wait_for("show the answer")
        terminal.type("t")
        terminal.wait_for("Enter when done")
        terminal.type("the variance of the dot product grows with d_k 方差\r")
        terminal.wait_for("You wrote")
        terminal.wait_for("[✓]")


def test_a_window_that_changes_size_is_drawn_anew(drill: Drill) -> None:
    import fcntl
    import struct
    import termios

    with drill() as terminal:
        terminal.wait_for("show the answer")
        terminal.view.resize(30, 100)
        fcntl.ioctl(terminal.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        os.kill(terminal.pid, signal.SIGWINCH)
        terminal.wait_until(lambda: "─" * 95 in terminal.text)


def test_an_earlier_key_press_than_the_first_screen_is_not_lost(drill: Drill) -> None:
    with drill("4.1") as terminal:
        terminal.type(" ")
        terminal.wait_for("1 again")


def test_a_database_that_is_locked_says_so_and_loses_nothing(drill: Drill, environment: dict[str, str]) -> None:
    with drill("4.1") as terminal:
        terminal.wait_for("show the answer")
        terminal.type(" 3")
        terminal.wait_for("1 done")
        lock = sqlite3.connect(Path(environment["ATTNQUIZ_HOME"]) / "attnquiz.db")
        lock.execute("BEGIN EXCLUSIVE")
        terminal.type(" 3")
        assert terminal.wait_for_end() == 1
        lock.close()
        assert terminal.is_as_found
    assert [row["state"] for row in listed(environment, "4.1")].count("review") == 1


def test_show_step_waits_for_a_key_before_each_cell(environment: dict[str, str]) -> None:
    with Terminal(["show", "4.7.2", "--step"], environment, rows=60) as terminal:
        terminal.wait_for("space next")
        assert "Claim 1" not in terminal.text
        terminal.type("a")
        terminal.wait_for("every claim holds", seconds=60)
        assert terminal.wait_for_end() == 0
        assert terminal.modes_now == terminal.found
    with Terminal(["show", "4.7.2", "--step"], environment, rows=60) as terminal:
        terminal.wait_for("space next")
        terminal.type("q")
        assert terminal.wait_for_end() == 0


def test_a_presenter_changes_a_copy_of_the_demo_and_runs_it(environment: dict[str, str], tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsed -i \'s/^import torch$/import torch; print("from my " + "copy")/\' "$1"\n')
    editor.chmod(0o755)
    demo = Path(__file__).parent.parent / "answers" / "4.7.2-padding" / "demo.py"
    before = demo.read_bytes()
    with Terminal(["show", "4.7.2", "--step"], environment | {"EDITOR": str(editor)}, rows=60) as terminal:
        terminal.wait_for("e edit a copy")
        terminal.type("e")
        terminal.wait_for("Now running your copy")
        terminal.type("a")
        terminal.wait_for("from my copy", seconds=60)
        terminal.wait_for("every claim holds", seconds=60)
        assert terminal.wait_for_end() == 0
    assert demo.read_bytes() == before
    assert "from my " in (Path(environment["ATTNQUIZ_HOME"]) / "code" / "4.7.2-demo.py").read_text()


def test_nothing_due_says_what_to_do_meanwhile(drill: Drill) -> None:
    with drill("4.1", "--new", "0") as terminal:
        assert terminal.wait_for_end() == 0
        assert "Nothing is due today." in terminal.text
        assert "attnquiz drill --new" in terminal.text


def test_no_colour_is_sent_where_none_is_wanted(environment: dict[str, str]) -> None:
    with Terminal(["drill", "4.1"], environment | {"NO_COLOR": "1"}) as terminal:
        terminal.wait_for("show the answer")
        terminal.type(" ")
        terminal.wait_for("1 again")
        colours = re.findall(rb"\x1b\[[0-9;]*m", terminal.raw)
        assert {code for code in colours if re.search(rb"[\[;](3[0-7]|4[0-7]|9[0-7]|38|48)[;m]", code)} == set()
