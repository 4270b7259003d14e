"""Many demos, several at a time, each under several seeds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from demos.leftovers import processes_with, wait_until
from demos.write import write_claim, write_demo

from attnquiz.run.verify import seeds_of, verify

FAILS = write_claim(1, "measured = 3\nassert measured < 2  # no control: none")


def test_every_demo_runs_under_every_seed() -> None:
    demos = [write_demo(path=Path(f"{name}/demo.py")) for name in ("1.1-a", "1.2-b")]
    runs = list(verify(demos, python=sys.executable, seeds=2, jobs=2))
    assert sorted((run.id, run.seed) for run in runs) == [("1.1", 0), ("1.1", 7), ("1.2", 0), ("1.2", 7)]
    assert all(run.ok for run in runs)


def test_the_seeds_begin_with_the_demos_own() -> None:
    demo = write_demo()
    assert seeds_of(demo, 1) == [7]
    assert seeds_of(demo, 9) == [7, 0, 1, 2, 3, 4, 5, 6, 8]


def test_a_demo_that_fails_does_not_keep_the_others_from_running() -> None:
    demos = [write_demo(FAILS), write_demo("import os\nos._exit(3)"), write_demo()]
    assert sorted(run.ok for run in verify(demos, python=sys.executable, jobs=1)) == [False, False, True]


def test_no_demo_is_no_run() -> None:
    assert list(verify([], python=sys.executable)) == []


def test_runs_come_as_they_finish() -> None:
    slow, quick = (
        write_demo("import time\ntime.sleep(1)", path=Path("slow/demo.py")),
        write_demo(path=Path("quick/demo.py")),
    )
    assert [run.id for run in verify([slow, quick], python=sys.executable, jobs=3)] == ["quick", "slow"]


def test_as_many_run_at_once_as_are_allowed(tmp_path: Path) -> None:
    body = f"""\
import os, time
mine = f"{tmp_path}/{{os.urandom(4).hex()}}"
os.mkdir(mine)
time.sleep(0.3)
print(len(os.listdir("{tmp_path}")))
os.rmdir(mine)
"""
    runs = list(verify([write_demo(body)] * 4, python=sys.executable, jobs=3))
    assert 2 <= max(int(run.output) for run in runs) <= 3


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks in /proc")
def test_an_interrupt_leaves_nothing_running(tmp_path: Path) -> None:
    demo = write_demo("while True: pass", path=tmp_path / "demo.py")
    runs = verify([write_demo(), demo, demo], python=sys.executable, jobs=2, env={"LANG": f"mark-{tmp_path.name}"})
    next(runs)
    assert processes_with(f"mark-{tmp_path.name}")
    with pytest.raises(KeyboardInterrupt):
        runs.throw(KeyboardInterrupt)  # type: ignore[attr-defined]
    assert wait_until(lambda: not processes_with(f"mark-{tmp_path.name}"))
