"""What a ready interpreter saves, beside plain `python demo.py` in the same run: wall time, as ratios.

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

from attnquiz.run.demo import Demo, load_demo, parse_demo
from attnquiz.run.limits import Limits
from attnquiz.run.runner import Output, start_demo
from attnquiz.run.verify import verify
from attnquiz.run.warm import Spares

ROOT = Path(__file__).resolve().parent.parent
FIRST_OUTPUT_AT_LEAST, VERIFY_AT_LEAST = 100, 1.8
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
        demo = parse_demo(PRINTS_FIRST, path)
        pairs = [(run_plain(path), run_warm(demo, spares)) for _ in range(runs)]
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


def report_memory(spares: Spares) -> None:
    spares.renew()
    assert spares.wait(60)
    print(f"idle memory of a spare and all that belongs to it: {memory_of(os.getpid()) >> 20} MiB (PSS)")


def memory_of(pid: int) -> int:
    """Bytes of all descendants; what several share counts in parts."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended
            for child in (task / "children").read_text().split():
                total += own_memory_of(child) + memory_of(int(child))
    return total


def own_memory_of(pid: str) -> int:
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
        if sys.platform.startswith("linux"):
            report_memory(spares)
    finally:
        spares.close()
    report_verify(demos)


if __name__ == "__main__":
    main()
