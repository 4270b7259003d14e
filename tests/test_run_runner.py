"""A demo at work in a process of its own: what is heard of it, in what order, and how it ends."""

from __future__ import annotations

import ast
import json
import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from demos.leftovers import wait_until
from demos.write import OPENING, write_claim, write_demo, write_source

from attnquiz.errors import TorchMissing
from attnquiz.run.demo import Demo, load_demo, parse_demo, with_seed
from attnquiz.run.runner import (
    CellStarted,
    ClaimChecked,
    Ended,
    Event,
    Failed,
    Limits,
    Output,
    PictureMade,
    Run,
    run_demo,
    start_demo,
)

ROOT = Path(__file__).parent.parent
SCALING = ROOT / "tests" / "demos" / "scaling.py"
NO_CONTROL = "  # no control: nothing to take away"


def run(*cells: str, **more: float) -> Run:
    return run_demo(write_demo(*cells), python=sys.executable, limits=Limits(**more))  # type: ignore[arg-type]


def events_of(demo: Demo) -> list[Event]:
    with start_demo(demo, python=sys.executable) as running:
        events = []
        while not running.finished:
            events += running.events(1.0)
    return events


def failure_of(*cells: str, **more: float) -> Failed:
    ended = run(*cells, **more)
    assert ended.failure
    assert not ended.ok
    return ended.failure


def test_a_demo_on_torch_runs_and_its_claims_hold() -> None:
    ended = run_demo(load_demo(SCALING), python=sys.executable)
    assert ended.ok, ended.failure
    assert [(claim.number, claim.holds) for claim in ended.claims] == [(1, True), (2, True)]
    assert ended.claims[0].measured < 0.05 < (ended.claims[0].control or 0)
    assert ended.output.startswith("divisor   d_k   variance")
    assert len(ended.pictures[0].data["lines"]["raw"]) == 4


def test_events_come_in_the_order_of_the_demo() -> None:
    demo = write_demo(
        "print('one')",
        "import os\nos.system('echo two')\nprint('three', end='')",
        write_claim(1, "measured = 1\nassert measured < 2" + NO_CONTROL),
    )
    events = [event for event in events_of(demo) if not isinstance(event, Ended)]
    said = "".join(event.text if isinstance(event, Output) else f"<{type(event).__name__}>" for event in events)
    assert said == "<CellStarted><CellStarted>one\n<CellStarted>two\nthree<CellStarted><ClaimChecked>"
    assert [demo.cells[event.index].kind for event in events if isinstance(event, CellStarted)] == ["code"] * 3 + [
        "claim"
    ]


def test_output_arrives_while_the_demo_runs() -> None:
    demo = write_demo("import time\nprint('early')\nprint('half', end='', flush=True)\ntime.sleep(30)")
    with start_demo(demo, python=sys.executable) as running:
        heard = ""
        deadline = time.monotonic() + 10
        while "half" not in heard and time.monotonic() < deadline:
            heard += "".join(event.text for event in running.events(1.0) if isinstance(event, Output))
        assert heard == "early\nhalf"
        assert not running.finished


def test_output_of_c_code_and_of_child_processes_is_heard_in_its_place() -> None:
    body = """\
import ctypes, subprocess, sys
print("python")
ctypes.CDLL(None).puts(b"c")
subprocess.run([sys.executable, "-c", "print('child')"])
print("error", file=sys.stderr)
"""
    assert run(body).output == "python\nc\nchild\nerror\n"


def test_a_claim_that_fails_shows_its_numbers_and_the_next_cell_runs() -> None:
    ended = run(
        write_claim(1, "measured, control = 5, 1\nassert measured < 2 < control"),
        write_claim(2, "measured, control = 1.5, 3\nassert measured < 2 < control"),
    )
    first, second = ended.claims
    assert (first.measured, first.op, first.bound, first.control, first.holds) == (5.0, "<", 2.0, 1.0, False)
    assert second.holds
    assert ended.failure is None
    assert not ended.ok


def test_a_claim_fails_if_the_bound_holds_for_its_control_too() -> None:
    assert not run(write_claim(1, "measured, control = 1, 1.5\nassert measured < 2 < control")).claims[0].holds


@pytest.mark.parametrize(
    ("value", "number"),
    [("True", 1.0), ("10**30", 1e30), ("float('-inf')", -math.inf), ("__import__('fractions').Fraction(1, 4)", 0.25)],
)
def test_measured_is_taken_as_a_float(value: str, number: float) -> None:
    assert run(write_claim(1, f"measured = {value}\nassert measured < 2" + NO_CONTROL)).claims[0].measured == number


@pytest.mark.parametrize("value", ["'3'", "[1, 2]", "1j", "None", "10**400", "object"])
def test_measured_that_is_no_number_is_said_with_its_line(value: str) -> None:
    failure = failure_of(write_claim(1, f"measured = {value}\nassert measured < 2" + NO_CONTROL))
    assert failure.reason == "exception"
    assert "measured is" in failure.message.en
    assert f"demo.py:{OPENING.count(chr(10)) + 4}:" in failure.message.en


def test_nothing_is_left_of_an_earlier_claim() -> None:
    failure = failure_of(
        write_claim(1, "measured = control = 1\nassert measured < 2" + NO_CONTROL),
        write_claim(2, "if False:\n    measured = 1\nassert measured < 2" + NO_CONTROL),
    )
    assert "the cell did not bind measured" in failure.message.en


def test_an_exception_is_told_from_the_demos_own_frames_on(tmp_path: Path) -> None:
    path = tmp_path / "demo.py"
    source = write_source(
        "def f():\n    return 1 / 0", "f()", write_claim(1, "measured = 1\nassert measured < 2" + NO_CONTROL)
    )
    failure = run_demo(parse_demo(source, path), python=sys.executable).failure
    assert failure
    line = source.split("\n").index("    return 1 / 0") + 1
    assert failure.reason == "exception"
    assert failure.line == line
    assert failure.message.en.startswith(f"{path}:{line}: ZeroDivisionError: division by zero;")
    assert failure.traceback.split("\n")[0] == "Traceback (most recent call last):"
    assert failure.traceback.split("\n")[1] == f'  File "{path}", line {line + 2}, in <module>'
    assert "    f()" in failure.traceback
    assert "attnquiz" not in failure.traceback.replace(str(path), "")


def test_a_demo_runs_as_the_main_module(tmp_path: Path) -> None:
    path = tmp_path / "demo.py"
    body = """\
import pickle, sys, inspect
class Thing: pass
def source(): return "mine"
assert pickle.loads(pickle.dumps(Thing())).__class__ is Thing
assert inspect.getsource(source) == 'def source(): return "mine"\\n'
assert sys.modules["__main__"].Thing is Thing
print(__name__, __file__, sys.argv, sys.stdin.read() == "")
"""
    source = write_source(body, write_claim(1, "measured = 1\nassert measured < 2" + NO_CONTROL))
    ended = run_demo(parse_demo(source, path), python=sys.executable)
    assert ended.failure is None
    assert ended.output == f"__main__ {path} ['{path}'] True\n"


def test_a_future_import_counts_for_the_cells_after_it() -> None:
    assert run("from __future__ import annotations", "def f(x: nowhere): ...").failure is None


def test_a_demo_runs_in_a_folder_of_its_own_that_is_removed() -> None:
    ended = run("import os, pathlib\n(pathlib.Path.home() / 'left').mkdir()\nprint(os.getcwd(), os.environ['HOME'])")
    folder, home = ended.output.split()
    assert folder == home
    assert "attnquiz-" in folder
    assert not Path(folder).exists()


def test_a_demo_sees_little_of_the_environment() -> None:
    demo = write_demo("import os\nprint('SECRET' in os.environ, os.environ['LANG'])")
    ended = run_demo(demo, python=sys.executable, env={"SECRET": "x", "LANG": "de_DE.UTF-8"})
    assert ended.output == "False de_DE.UTF-8\n"


def test_another_seed_is_run_and_reported() -> None:
    demo = write_demo("print(torch.random())")
    first, again, other = (run_demo(demo, python=sys.executable, seed=seed) for seed in (None, 7, 8))
    assert first.output == again.output != other.output
    assert (first.seed, other.seed) == (7, 8)
    assert other == with_same_time(run_demo(with_seed(demo, 8), python=sys.executable), other)


def with_same_time(ended: Run, as_in: Run) -> Run:
    from dataclasses import replace

    return replace(ended, seconds=as_in.seconds)


def run_picture(picture: str) -> Run:
    cell = f"# %% [markdown]\n# ## Picture: a line\n# %%\npicture = {picture}\n"
    return run(cell, write_claim(1, "measured = 1\nassert measured < 2" + NO_CONTROL))


def test_a_picture_arrives_as_plain_data() -> None:
    (picture,) = run_picture("{'lines': {1: (1, 2.5)}, 'x': range(2), 'log': None, 'far': float('inf')}").pictures
    assert picture == PictureMade("a line", {"lines": {"1": [1, 2.5]}, "x": [0, 1], "log": None, "far": math.inf})


@pytest.mark.parametrize(
    ("picture", "complaint"),
    [
        ("[1]", "picture is not a dict"),
        ("{'lines': {'a': object()}}", "picture['lines']['a'] is a object, not plain data"),
        ("{'x': range(10**9)}", "picture holds more than 50000 values"),
        ("{'x': 'y' * 10**6}", "picture holds more than"),
    ],
)
def test_a_picture_that_is_no_plain_data_is_said(picture: str, complaint: str) -> None:
    failure = run_picture(picture).failure
    assert failure
    assert complaint in failure.message.en


def test_a_picture_that_holds_itself_is_said() -> None:
    assert "nested too deeply" in str(run_picture("{}\npicture['p'] = picture").failure)


def test_output_cannot_steer_the_terminal() -> None:
    assert run(r"print('\x1b[2J\x1b]0;title\x07red\x1b[0m\r\n')").output == "red\n\n"


def test_neither_an_error_nor_a_picture_can_steer_the_terminal() -> None:
    failure = failure_of(r"raise ValueError('\x1b[2J\x1b]0;title\x07boom')")
    assert "ValueError: boom;" in failure.message.en
    assert "\x1b" not in failure.message.en + failure.message.zh + failure.traceback
    (picture,) = run_picture(r"{'bars': {'\x1b[31mred': '\x1b[0mx'}}").pictures
    assert picture.data == {"bars": {"red": "x"}}


def test_a_run_as_json_has_the_agreed_keys() -> None:
    ended = run(
        write_claim(1, "measured, control = float('nan'), float('inf')\nassert measured < 2 < control"), "print('注')"
    )
    row = json.loads(json.dumps(ended.as_json(), allow_nan=False))
    assert list(row) == ["id", "ok", "seconds", "seed", "claims", "output"]
    assert row["id"] == "9.9.9"
    assert row["claims"] == [
        {"id": 1, "says": "it is so", "measured": "NaN", "op": "<", "bound": 2.0, "control": "Infinity", "holds": False}
    ]
    assert float(row["claims"][0]["control"]) == math.inf
    assert row["output"] == "注\n"


def test_a_run_that_failed_says_why_in_its_json() -> None:
    row = run("1 / 0").as_json("mine:1.2")
    assert row["id"] == "mine:1.2"
    assert row["failure"]["reason"] == "exception"


def test_a_python_without_torch_is_told_what_to_install(tmp_path: Path) -> None:
    demo = parse_demo(SCALING.read_text(encoding="utf-8"), tmp_path / "demo.py")
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec "{sys.base_prefix}/bin/python3" -S "$@"\n')
    bare.chmod(0o755)
    failure = run_demo(demo, python=bare, env={}).failure
    assert failure
    assert failure.reason == "torch"
    assert 'pip install "attnquiz[torch]"' in failure.message.en
    assert isinstance(failure.error(), TorchMissing)


def test_a_python_that_is_not_there_is_a_failure_not_a_traceback() -> None:
    events = list(start_demo(write_demo(), python="/no/such/python").events(1.0))
    assert isinstance(events[0], Failed)
    assert "/no/such/python" in events[0].message.en
    assert isinstance(events[-1], Ended)


def test_a_program_that_is_no_python_is_a_failure() -> None:
    assert run_demo(write_demo(), python="/bin/true").failure
    assert run_demo(write_demo(), python="/bin/cat").failure


def test_stopping_ends_the_demo_and_tells_so() -> None:
    running = start_demo(write_demo("while True: pass"), python=sys.executable)
    assert wait_until(lambda: any(isinstance(event, CellStarted) for event in running.events(0.1)))
    running.stop()
    running.stop()
    ended = running.wait()
    assert ended.failure
    assert ended.failure.reason == "stopped"
    assert running.finished


def test_stopping_a_demo_that_has_ended_changes_nothing() -> None:
    with start_demo(write_demo(), python=sys.executable) as running:
        ended = running.wait()
    assert ended.ok


def test_the_end_is_told_to_who_asked() -> None:
    told, done = [], threading.Event()

    def end(ended: Run) -> None:
        told.append(ended)
        done.set()

    with start_demo(write_demo(), python=sys.executable, on_end=end) as running:
        assert done.wait(10)
        assert told == [running.wait()]


def test_claim_checked_carries_the_line_of_its_assert() -> None:
    demo = write_demo()
    (checked,) = (event for event in events_of(demo) if isinstance(event, ClaimChecked))
    assert demo.source.split("\n")[checked.result.line - 1].startswith("assert ")


@pytest.mark.parametrize("path", sorted((ROOT / "attnquiz" / "run" / "child").glob("*.py")), ids=lambda path: path.name)
def test_the_childs_program_is_plain_python_3_9(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {node.names[0].name for node in ast.walk(tree) if isinstance(node, ast.Import)}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}
    assert {name.partition(".")[0] for name in imported if name} <= sys.stdlib_module_names


def test_a_demo_runs_under_a_python_without_attnquiz(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path], check=True)
    python = tmp_path / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    demo = write_demo("import importlib.util\nprint(importlib.util.find_spec('attnquiz'))")
    assert run_demo(demo, python=python, env=os.environ).output == "None\n"
