"""Whatever is broken, the user reads one or two lines that say what to do, and nothing graded is lost."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import DEMO, Quiz


@pytest.fixture
def own(quiz: Quiz, data: Path) -> Quiz:
    """The program over a small collection of its own, which a test then breaks."""
    quiz.environment["ATTNQUIZ_DATA"] = str(data)
    return quiz


def demo(data: Path, body: str) -> None:
    (data / "answers/4.1.1-first/demo.py").write_text(DEMO.replace("# BODY", body), encoding="utf-8")


def one_line_error(quiz: Quiz, *argv: str, code: int = 1) -> str:
    err = quiz(*argv, code=code).err
    assert 1 <= len(err.splitlines()) <= 2, err
    return err


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("section: '4.1'\ntitle: {en: x", "4.01-small.yaml:"),
        ("section: '4.1'\n", "4.01-small.yaml:1:1"),
        ("\x00", "4.01-small.yaml:1:1"),
        ("a: &a [*a, *a]\n", "4.01-small.yaml:"),
    ],
)
def test_a_broken_bank_is_named_with_line_and_column(own: Quiz, data: Path, text: str, where: str) -> None:
    (data / "questions/4.01-small.yaml").write_text(text, encoding="utf-8")
    assert where in one_line_error(own, "list")
    problems = json.loads(own("lint", "--json", code=1).out)["problems"]
    assert problems
    assert set(problems[0]) == {"file", "line", "column", "code", "message"}


def test_a_demo_that_raises_shows_its_own_frames(own: Quiz, data: Path) -> None:
    demo(data, "def f():\n    return 1 / 0\n\nf()")
    said = own("run", "4.1.1", code=1)
    assert "ZeroDivisionError" in said.err
    assert "demo.py" in said.out
    assert "attnquiz/run" not in said.out


def test_a_claim_that_fails_is_exit_1_with_its_numbers(own: Quiz, data: Path) -> None:
    demo(data, "level = 7.0")
    out = own("run", "4.1.1", code=1).out
    assert "measured 7 < 0.5" in out
    assert "FAILS" in out
    report = json.loads(own("verify", "--json", code=1).out)
    assert report["ok"] is False
    assert report["demos"][0]["claims"][0]["holds"] is False


def test_a_demo_that_prints_without_end_is_stopped(own: Quiz, data: Path) -> None:
    demo(data, "while True:\n    print('x' * 1000)")
    assert "more output than" in one_line_error(own, "run", "4.1.1")


def test_a_demo_that_eats_memory_is_stopped(own: Quiz, data: Path) -> None:
    demo(data, "held = bytearray(64 << 30)")
    assert "memory" in one_line_error(own, "run", "4.1.1")


def test_a_demo_in_no_form_is_named_with_its_line(own: Quiz, data: Path) -> None:
    demo(data, "def (:")
    assert "demo.py:" in one_line_error(own, "run", "4.1.1")


def test_escape_codes_of_a_demo_do_not_reach_the_terminal(own: Quiz, data: Path) -> None:
    demo(data, r"print('\x1b]0;owned\x07\x1b[2Jred')")
    out = own("run", "4.1.1").out
    assert "red" in out
    assert "\x1b" not in out


def test_without_torch_the_demo_says_what_to_install(own: Quiz, tmp_path: Path) -> None:
    own.environment["ATTNQUIZ_DATA"] = str(Path(__file__).parent.parent)
    python = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", python], check=True)
    own("config", "set", "python", str(python / "bin/python"))
    assert 'pip install "attnquiz[torch]"' in one_line_error(own, "run", "4.7.2")
    assert "In one sentence" in own("show", "4.7.2", code=1).out


@pytest.mark.parametrize("text", ["{", "[]", '{"lang": 3}'])
def test_a_broken_config_is_named(own: Quiz, text: str) -> None:
    own.home.mkdir()
    (own.home / "config.json").write_text(text)
    assert "config.json" in one_line_error(own, "list")


@pytest.mark.parametrize("damage", [b"not a database at all", b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_corrupt_database_is_named_and_not_touched(own: Quiz, damage: bytes) -> None:
    own("grade", "4.1.1", "good")
    database = own.home / "attnquiz.db"
    database.write_bytes(damage)
    for argv in (("list",), ("grade", "4.1.1", "good"), ("undo",)):
        assert str(database) in one_line_error(own, *argv)
    assert database.read_bytes() == damage


def test_a_home_that_is_a_file_is_named(own: Quiz) -> None:
    own.home.write_text("")
    assert str(own.home) in one_line_error(own, "grade", "4.1.1", "good")


def test_a_locked_database_says_that_another_attnquiz_is_writing(own: Quiz) -> None:
    own("grade", "4.1.1", "good")
    lock = sqlite3.connect(own.home / "attnquiz.db")
    lock.execute("BEGIN EXCLUSIVE")
    assert "attnquiz" in one_line_error(own, "grade", "4.1.1", "good")
    lock.close()
    own("grade", "4.1.1", "good")


def test_a_disk_that_takes_no_more_is_said_and_loses_nothing(own: Quiz) -> None:
    own("grade", "4.1.1", "good")
    database = own.home / "attnquiz.db"
    code = (
        "import resource, sys; from attnquiz.cli.app import main;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512));"
        "sys.exit(main(['grade', '4.1.1/f1', 'good']))"
    )
    done = subprocess.run([sys.executable, "-B", "-c", code], env=own.environment, capture_output=True, text=True)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert str(database) in done.stderr
    states = {row["id"]: row["state"] for row in json.loads(own("list", "--json").out)}
    assert (states["4.1.1"], states["4.1.1/f1"]) == ("review", "new")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the device that is always full is Linux's")
def test_output_that_cannot_be_written_is_said(own: Quiz) -> None:
    command = [sys.executable, "-m", "attnquiz", "list"]
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(command, env=own.environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr


def test_a_reader_that_leaves_early_is_no_defect(own: Quiz) -> None:
    command = f"{sys.executable} -m attnquiz show 4.1.1 --no-run | true"
    done = subprocess.run(command, shell=True, env=own.environment, stderr=subprocess.PIPE, text=True)
    assert done.stderr == ""
