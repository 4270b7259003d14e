"""What a ready interpreter saves, beside plain `python demo.py` in the same run: wall time, as ratios.

What it costs: the memory of an idle drill, and what a hundred runs leave behind.

    python benchmarks/runner.py [--runs N] [--demos N]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from demos.leftovers import processes_with
from terminal import Terminal

from attnquiz.run.demo import Demo, load_demo, parse_demo
from attnquiz.run.limits import Limits
from attnquiz.run.runner import Output, start_demo
from attnquiz.run.verify import verify
from attnquiz.run.warm import Spares

ROOT = Path(__file__).resolve().parent.parent
FIRST_OUTPUT_AT_LEAST, VERIFY_AT_LEAST = 100, 1.8
RUNS_IN_A_ROW = 100
MUCH = 50 << 20  # an interpreter with less has not loaded torch yet
PRINTS_FIRST = """\
# %% [markdown]
# # How long until a demo speaks?
# Premise: it imports torch, as all do, and prints at once.
# %%
import torch

print("here")
torch.manual_seed(0)
# %% [markdown]
# ## Claim 1: one is less than two
# %%
measured, control = 1, 3
assert measured < 2 < control
"""


def seconds_of(action: Callable[[], None]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def run_plain(path: Path) -> tuple[float, float]:
    """Seconds to the first output and to the end of `python -u demo.py`."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-u", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout
        process.stdout.read(1)
        first = time.perf_counter() - began
        process.stdout.read()
    assert process.returncode == 0, path
    return first, time.perf_counter() - began


def run_warm(demo: Demo, spares: Spares) -> tuple[float, float]:
    """The same with a spare that is ready."""
    spares.renew()
    assert spares.wait(60)
    began, first = time.perf_counter(), 0.0
    with start_demo(demo, python=sys.executable, warm=spares) as running:
        while not running.finished:
            heard = any(isinstance(event, Output) for event in running.events(1.0))
            first = first or (time.perf_counter() - began if heard else 0.0)
    assert running.run
    assert running.run.ok, running.run.failure
    return first, time.perf_counter() - began


def report_first_output(runs: int, spares: Spares) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "demo.py")
        path.write_text(PRINTS_FIRST, encoding="utf-8")
        pairs = [(run_plain(path), run_warm(parse_demo(PRINTS_FIRST, path), spares)) for _ in range(runs)]
    plain, warm = (statistics.median(pair[side][0] for pair in pairs) for side in (0, 1))
    print(f"first output, median of {runs} pairs of runs")
    print(f"  python demo.py {plain * 1000:8.1f} ms   spare {warm * 1000:6.1f} ms", end="   ")
    print(f"ratio {plain / warm:.0f} (at least {FIRST_OUTPUT_AT_LEAST})")


def report_saved(demos: list[Demo], spares: Spares) -> None:
    importing = statistics.median(seconds_of(import_torch) for _ in range(3))
    print(f"import torch saved, to the first output ({importing * 1000:.0f} ms a process)")
    for demo in demos:
        plain, warm = run_plain(demo.path), run_warm(demo, spares)
        saved = (plain[0] - warm[0]) / importing
        print(f"  {demo.path.parent.name:28} {plain[0]:6.2f} s  {warm[0]:6.2f} s   saved {saved:4.0%}", end="   ")
        print(f"to the end {plain[1]:6.2f} s  {warm[1]:6.2f} s   ratio {plain[1] / warm[1]:.1f}")


def import_torch() -> None:
    subprocess.run([sys.executable, "-c", "import os, torch; os._exit(0)"], check=True, capture_output=True)


def report_verify(demos: list[Demo]) -> None:
    one_by_one = sum(run_plain(demo.path)[1] for demo in demos)
    together = seconds_of(lambda: verify_all(demos))
    print(f"{len(demos)} demos: one cold python after another, and verify on {os.cpu_count()} cores")
    print(f"  {one_by_one:.1f} s  {together:.1f} s   ratio {one_by_one / together:.2f} (at least {VERIFY_AT_LEAST})")


def verify_all(demos: list[Demo]) -> None:
    assert all(run.ok for run in verify(demos, python=sys.executable))


def report_memory() -> None:
    """An idle drill whose spare has loaded torch, beside a plain interpreter that has."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "ATTNQUIZ_HOME": home, "TERM": "xterm-256color", "LANG": "en_US.UTF-8"}
        with Terminal(["drill", "4.1"], environment) as terminal:
            terminal.wait_for("show the answer")
            wait_until_still(terminal.pid)
            own, spare = own_memory_of(terminal.pid), memory_below(terminal.pid)
    idle = [sys.executable, "-c", "import time, torch; time.sleep(99)"]
    with subprocess.Popen(idle, stderr=subprocess.DEVNULL) as plain:
        wait_until_still(os.getpid())
        torch = own_memory_of(plain.pid)
        plain.kill()
    print("idle memory (PSS)")
    print(f"  drill {own >> 20} MiB   its spare {spare >> 20} MiB   import torch {torch >> 20} MiB", end="   ")
    print(f"ratio {spare / torch:.2f}")


def wait_until_still(pid: int) -> None:
    """Until what lies below the process has stopped growing."""
    before, now = -1, 0
    while now < MUCH or now > before * 1.01:
        time.sleep(0.5)
        before, now = now, memory_below(pid)


def report_leftovers() -> None:
    """Processes, temporary files and open files after many runs, each of which starts a child and forgets it."""
    child = "import subprocess; subprocess.Popen(['setsid', 'sleep', '99'])"
    demo = parse_demo(PRINTS_FIRST.replace('print("here")', f'print("here"); {child}'), Path("demo.py"))
    mark = f"benchmark-{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        spares = Spares(sys.executable, {**os.environ, "LANG": mark}, Limits())
        before = count_in("/proc/self/fd")
        for _ in range(RUNS_IN_A_ROW):
            run_warm(demo, spares)
        assert processes_with(mark), "the mark is seen on what runs"
        spares.close()
        time.sleep(1)
        files, opened = count_in(folder), count_in("/proc/self/fd") - before
        tempfile.tempdir = None
    print(f"left behind by {RUNS_IN_A_ROW} runs", end="   ")
    print(f"processes {len(processes_with(mark))}   temporary files {files}   open files {opened}   (none)")


def count_in(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


def memory_below(pid: int) -> int:
    """Bytes of all descendants; what several share counts in parts."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended
            for child in (task / "children").read_text().split():
                total += own_memory_of(int(child)) + memory_below(int(child))
    return total


def own_memory_of(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--demos", type=int, default=None, help="only the first so many of answers/*/demo.py")
    given = parser.parse_args()
    demos = [load_demo(path) for path in sorted(ROOT.glob("answers/*/demo.py"))][: given.demos]
    spares = Spares(sys.executable, os.environ, Limits())
    try:
        report_first_output(given.runs, spares)
        report_saved(demos, spares)
    finally:
        spares.close()
    if sys.platform.startswith("linux"):
        report_memory()
        report_leftovers()
    report_verify(demos)


if __name__ == "__main__":
    main()
