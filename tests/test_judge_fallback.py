"""Where the kernel helps with nothing: an audit hook by itself, memory only counted, no process forked."""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_judge_hostile import ALONE, EXERCISE, FOLDER, HOSTILE, SOLUTION, called

from attnquiz.judge.birth import START, Interpreters, Nursery
from attnquiz.judge.exercise import load_exercise
from attnquiz.judge.process import Limits, Process
from attnquiz.judge.referee import Bench, Judgement
from attnquiz.judge.sandbox import find_readable
from attnquiz.judge.verdict import Verdict, read_answer

DRIVER = f"""
import importlib, sys
scope = {{"__name__": "start", "__file__": {str(START)!r}}}
exec(open({str(START)!r}).read(), scope)
scope["expose_package"]()
from attnquiz.judge import child
child.lock = lambda readable: {{"landlock": False, "seccomp": False}}
importlib.import_module(f"attnquiz.judge.{{sys.argv[1]}}").main(sys.argv[2:])
"""
UNLOCKED = [sys.executable, "-c", DRIVER]
BY_THE_HOOK = [
    "reads the solution",
    "reads the solution and hides it",
    "reads the checks by descriptor",
    "lists the answers",
    "writes into the answer",
    "removes the answer",
    "imports the solution",
    "starts processes",
    "runs a program",
    "opens a socket",
    "writes a file",
    "leaves without a word",
    "replaces softmax",
]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    parent = Nursery if sys.platform == "linux" else Interpreters
    yield from unlocked(parent)


def unlocked(parent) -> Iterator[Bench]:
    bench = Bench(lambda: parent(UNLOCKED, {"OMP_NUM_THREADS": "1"}), Limits(wall_s=30, call_s=6), stay=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Process, "_memory", lambda self: None)
        bench.warm()
        yield bench
        bench.close()


def verdict_of(bench: Bench, source: str | bytes, exercise=EXERCISE) -> Verdict:
    data = source if isinstance(source, bytes) else source.encode()
    request = {"folder": str(exercise.folder), "signatures": exercise.signatures, "seed": 0}
    request["source"] = base64.b64encode(data).decode()
    answer = Judgement(request, bench.limits).run(bench)
    bench.clear()
    return read_answer(answer)


@pytest.fixture
def judge(bench):
    pytest.importorskip("torch")
    return lambda source, exercise=EXERCISE: verdict_of(bench, source, exercise)


def test_the_solution_passes_and_the_verdict_says_what_did_not_hold(judge):
    verdict = judge(SOLUTION)
    assert verdict.ok
    assert not verdict.protected
    assert verdict.protections.en.count("only") == 3
    assert "审计钩子" in verdict.protections.zh


@pytest.mark.parametrize("name", BY_THE_HOOK)
def test_the_audit_hook_holds_by_itself(judge, name):
    source, check, says = HOSTILE[name]
    failed = judge(source).failed
    assert failed is not None
    assert not check or failed.name == check, failed
    assert says in failed.detail.en
    assert check != ALONE or EXERCISE.solution == SOLUTION


def test_the_way_around_a_hook_is_closed(judge):
    failed = judge(called("import ctypes; ctypes.CDLL(None)")).failed
    assert "PermissionError" in failed.detail.en


def test_a_new_interpreter_does_what_a_forked_one_does():
    for bench in unlocked(Interpreters):
        assert verdict_of(bench, SOLUTION).ok
        assert "exit code 0" in verdict_of(bench, HOSTILE["leaves without a word"][0]).failed.detail.en


@pytest.mark.skipif(sys.platform != "linux", reason="no nursery elsewhere")
def test_a_nursery_that_was_killed_is_replaced(bench, judge):
    bench.parent._popen.kill()
    bench.spare.end()  # as it does by itself where the lock is on
    assert judge(SOLUTION).ok
    assert judge(SOLUTION).ok


def test_memory_is_counted_where_it_cannot_be_bounded(judge, tmp_path):
    from test_judge_channel import HEAD, LAYER, QUADRATIC, write_exercise

    body = "\n".join(f"    {line}" for line in QUADRATIC.strip().splitlines())
    write_exercise(tmp_path, f"{HEAD}\ndef check_it_holds(submission):\n{body}\n")
    exercise = load_exercise(tmp_path)
    head = f"import torch\n{LAYER}\ndef f(x, cache=None):\n    return "
    assert judge(head + "x.cumsum(0)", exercise).ok
    assert "(8192, 8192)" in judge(head + "(x @ x.T) @ x", exercise).failed.detail.en


def test_the_libraries_are_open_and_a_collection_among_them_is_not():
    library = Path(pytest.__file__).parents[1]
    assert is_open(library / "pytest", closed=())
    assert is_open(library / "_pytest", closed=(library / "pytest",))
    assert not is_open(library / "pytest", closed=(library / "pytest",))
    assert not is_open(library / "attnquiz", closed=())
    assert not is_open(FOLDER, closed=())


def is_open(path: Path, closed: tuple[Path, ...]) -> bool:
    return any(path.resolve().is_relative_to(opened) for opened in find_readable(closed).paths)
