"""From saving a solution to its verdict, both torch processes warm, beside a cold python that only imports torch.

python benchmarks/judge.py [--runs N] [EXERCISE FOLDER ...]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from attnquiz.judge.exercise import load_exercise
from attnquiz.judge.verdict import Judge

ROOT = Path(__file__).resolve().parent.parent
AT_MOST_MS = 300
REST_S = 0.3  # a user thinks longer between two saves; the next process is forked meanwhile


def cold_python_ms() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], check=True, capture_output=True)
    return (time.perf_counter() - began) * 1000


def verdict_ms(judge: Judge, folder: Path, runs: int) -> list[float]:
    """One per save; the first, which loads the checks, is not counted."""
    exercise, solution = load_exercise(folder), (folder / "solution.py").read_text(encoding="utf-8")
    times = []
    with tempfile.TemporaryDirectory() as own:
        sheet = Path(own, "mine.py")
        for run in range(runs + 1):
            time.sleep(REST_S)
            began = time.perf_counter()
            sheet.write_text(f"{solution}\n# save {run}\n", encoding="utf-8")
            verdict = judge.judge(exercise, sheet)
            times.append((time.perf_counter() - began) * 1000)
            assert verdict.ok, verdict.failed
    return times[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("folders", nargs="*", type=Path)
    given = parser.parse_args()
    print(f"ms from saving to the verdict, the submission's own compute included; at most {AT_MOST_MS} beyond it")
    with Judge(sys.executable) as judge:
        for folder in given.folders or sorted(ROOT.glob("answers/*/exercise")):
            cold = cold_python_ms()
            times = verdict_ms(judge, folder, given.runs)
            median = statistics.median(times)
            print(f"  {folder.parent.name:24} best {min(times):6.0f}  median {median:6.0f}", end="   ")
            print(f"python -c 'import torch' {cold:6.0f}   ratio {cold / median:5.1f}")


if __name__ == "__main__":
    main()
