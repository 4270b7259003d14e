"""What starting costs, beside importing typer and rich in the same run: CPU time, best of several, as ratios.

    python benchmarks/startup.py [--runs N]

`drill` is measured up to the moment when its first question stands on the screen of a pseudo-terminal.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from terminal import Terminal

BASE = [sys.executable, "-c", "import typer, rich.console"]
VERSION = [sys.executable, "-m", "attnquiz", "--version"]
LIMIT = 1.2


def cpu_of(command: list[str], environment: dict[str, str]) -> float:
    """CPU milliseconds of a whole process."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return (usage.ru_utime + usage.ru_stime) * 1000


def cpu_to_first_question(environment: dict[str, str]) -> float:
    """CPU milliseconds of the main thread of `drill` until its first frame is out; it then only waits for a key."""
    with Terminal(["drill"], environment) as terminal:
        terminal.wait_for("show the answer")
        on_cpu = Path(f"/proc/{terminal.pid}/task/{terminal.pid}/schedstat").read_text().split()[0]
        return int(on_cpu) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "ATTNQUIZ_HOME": home, "TERM": "xterm-256color", "LANG": "en_US.UTF-8"}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        cpu_to_first_question(environment)  # writes the index and the byte code
        rows: dict[str, list[float]] = {"import typer, rich.console": [], "--version": [], "drill, first question": []}
        for _ in range(runs):
            rows["import typer, rich.console"].append(cpu_of(BASE, environment))
            rows["--version"].append(cpu_of(VERSION, environment))
            rows["drill, first question"].append(cpu_to_first_question(environment))
    base = min(rows["import typer, rich.console"])
    print(f"CPU ms, best of {runs} interleaved runs")
    for name, values in rows.items():
        print(f"{name:28} {min(values):7.1f}   ratio {min(values) / base:.2f}   (at most {LIMIT})")


if __name__ == "__main__":
    main()
