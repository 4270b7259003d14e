"""The faults of demos again and again, and without the bounds that keep the quick tests quick."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from demos.leftovers import kill_program, nothing_left
from demos.write import write_demo

from attnquiz.run.limits import Limits
from attnquiz.run.runner import Run, run_demo
from attnquiz.run.warm import Server, Spares

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks in /proc for what is left")
MOMENTS = 60
RUNS = 100


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    with nothing_left(tmp_path) as mark:
        yield mark


def environment(mark: str) -> dict[str, str]:
    return {"LANG": mark, "PATH": os.environ["PATH"]}


def run(mark: str, body: str, limits: Limits, warm: Server | Spares | None = None) -> Run:
    return run_demo(write_demo(body), python=sys.executable, limits=limits, env=environment(mark), warm=warm)


def open_files() -> list[Path]:
    return sorted(Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("seed", range(MOMENTS))
def test_nothing_outlives_a_program_that_is_killed_at_any_moment(mark: str, seed: int) -> None:
    draw = random.Random(seed)
    isolate, warm = draw.random() < 0.7, draw.random() < 0.5
    kill_program(mark, isolate, warm, wait_for="", delay_s=draw.uniform(0.0, 3.0))


def test_a_hundred_runs_leave_nothing_behind(mark: str) -> None:
    bodies = [
        "print(1)",
        "import subprocess\nsubprocess.Popen(['setsid', 'sleep', '99'])",
        "1 / 0",
        "import os\nos.abort()",
    ]
    run(mark, "pass", Limits())
    before = open_files()
    for at in range(RUNS):
        run(mark, bodies[at % len(bodies)], Limits(isolate=at % 3 > 0))
    assert open_files() == before


def test_a_hundred_warm_runs_leave_nothing_behind(mark: str) -> None:
    before = open_files()
    spares = Spares(sys.executable, environment(mark), Limits())
    for _ in range(RUNS):
        spares.renew()
        assert spares.wait(60)
        assert run(mark, "import subprocess\nsubprocess.Popen(['setsid', 'sleep', '99'])", Limits(), spares).ok
    spares.close()
    assert open_files() == before


@pytest.mark.parametrize(
    "bomb",
    ["import os\nwhile True: os.fork()", "import os\nwhile True:\n    if not os.fork(): os.setsid()"],
    ids=["fork", "fork and setsid"],
)
def test_a_fork_bomb_ends(mark: str, bomb: str) -> None:
    ended = run(mark, bomb, Limits(processes=64, wall_s=20))
    assert ended.failure
    assert ended.seconds < 10


def test_ten_gigabytes_of_output_are_cut_off(mark: str) -> None:
    ended = run(mark, "text = 'x' * 10**6\nfor _ in range(10_000): print(text)", Limits())
    assert ended.failure
    assert ended.failure.reason == "output"
    assert len(ended.output) <= 1_000_000
