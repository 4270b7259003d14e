"""Where the kernel helps with nothing: an audit hook alone, a new interpreter for each submission, memory only counted."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from attnquiz.judge.birth import START, Interpreters, Started
from attnquiz.judge.exercise import load_exercise
from attnquiz.judge.process import Limits, Process
from attnquiz.judge.verdict import read_answer
from test_judge_hostile import ALONE, EXERCISE, FOLDER, HOSTILE, LOADS, SOLUTION, called

DRIVER = f"""
import sys
scope = {{"__name__": "start", "__file__": {str(START)!r}}}
exec(open({str(START)!r}).read(), scope)
scope["expose_package"]()
from attnquiz.judge import child
child.lock = lambda readable: {{"landlock": False, "seccomp": False}}
child.main(sys.argv[1:])
"""
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
    "never returns",
    "leaves without a word",
    "replaces softmax",
]


class Unlocked(Interpreters):
    def bear(self, arguments):
        command = [self.python, "-c", DRIVER, *arguments]
        pipes = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.PIPE)
        return Started(subprocess.Popen(command, **pipes, env=dict(self.environment), cwd="/", start_new_session=True))


@pytest.fixture(scope="module")
def bench() -> Iterator[object]:
    pytest.importorskip("torch")
    from attnquiz.judge.referee import Bench

    bench = Bench(Unlocked(sys.executable, {"OMP_NUM_THREADS": "1"}), Limits(wall_s=30, call_s=2), stay=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Process, "_memory", lambda self: None)
        bench.warm()
        yield bench
        bench.close()


@pytest.fixture
def judge(bench):
    from attnquiz.judge.referee import Judgement

    def judge(source: str | bytes, exercise=EXERCISE):
        data = source if isinstance(source, bytes) else source.encode()
        request = {"folder": str(exercise.folder), "signatures": exercise.signatures, "seed": 0}
        request["source"] = base64.b64encode(data).decode()
        answer = Judgement(request, bench.limits).run(bench)
        bench.clear()
        return read_answer(answer)

    return judge


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


def test_a_file_that_does_not_load_fails_as_everywhere(judge):
    assert judge("def").failed.name == LOADS


def test_memory_is_counted_where_it_cannot_be_bounded(judge, tmp_path):
    from test_judge_channel import HEAD, LAYER, QUADRATIC, write_exercise

    body = "\n".join(f"    {line}" for line in QUADRATIC.strip().splitlines())
    write_exercise(tmp_path, f"{HEAD}\ndef check_it_holds(submission):\n{body}\n")
    exercise = load_exercise(tmp_path)
    head = f"import torch\n{LAYER}\ndef f(x, cache=None):\n    return "
    assert judge(head + "x.cumsum(0)", exercise).ok
    assert "(8192, 8192)" in judge(head + "(x @ x.T) @ x", exercise).failed.detail.en


def test_the_libraries_are_open_and_a_collection_among_them_is_not(tmp_path):
    from attnquiz.judge.sandbox import find_readable

    library = Path(pytest.__file__).parents[1]
    inside = library / "pytest"
    assert FOLDER not in find_readable([]).paths
    assert library.resolve() in find_readable([]).paths
    open_paths = find_readable([inside]).paths
    assert library.resolve() not in open_paths
    assert not any(path == inside.resolve() or path in inside.resolve().parents for path in open_paths)
    assert (library / "_pytest").resolve() in open_paths
