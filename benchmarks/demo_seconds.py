"""What each demo costs beyond importing torch: CPU seconds of plain `python demo.py`, best of a few.

    python benchmarks/demo_seconds.py [--runs N] [ID ...]

A demo may take 5 s, one that trains a model 10 s.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ANSWERS = Path(__file__).resolve().parent.parent / "answers"


def cpu_s(command: list[str]) -> float:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("ids", nargs="*")
    asked = parser.parse_args()
    torch_s = min(cpu_s([sys.executable, "-c", "import torch"]) for _ in range(asked.runs))
    print(f"{'import torch':10} {torch_s:6.2f} s")
    for demo in sorted(ANSWERS.glob("*/demo.py")):
        id_ = demo.parent.name.partition("-")[0]
        if asked.ids and id_ not in asked.ids:
            continue
        source = demo.read_text(encoding="utf-8")
        allowed = 10 if ".backward(" in source or "optim" in source else 5
        spent = min(cpu_s([sys.executable, str(demo)]) for _ in range(asked.runs)) - torch_s
        print(f"{id_:10} {spent:6.2f} s  of {allowed} s{'' if spent < allowed else '  TOO LONG'}", flush=True)


if __name__ == "__main__":
    main()
