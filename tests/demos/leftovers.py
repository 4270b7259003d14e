"""What is left of demos after they have ended, or after the program that ran them was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def nothing_left(tmp_path: Path) -> Iterator[str]:
    """A mark for the environment of demos; at the end no process that has it, no file and no thread may be left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    mark = f"mark-{os.getpid()}-{tmp_path.name}"
    threads, tempfile.tempdir = threading.active_count(), str(folder)
    try:
        yield mark
        assert wait_until(lambda: not processes_with(mark)), [
            Path(f"/proc/{pid}/cmdline").read_bytes() for pid in processes_with(mark)
        ]
        assert list(folder.iterdir()) == []
        assert threading.active_count() == threads
    finally:
        tempfile.tempdir = None


def processes_with(mark: str) -> set[int]:
    """Processes in whose environment or command line the mark stands."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        for name in ("environ", "cmdline"):
            with suppress(OSError):
                if mark.encode() in (folder / name).read_bytes():
                    found.add(int(folder.name))
    return found - {os.getpid()}


def wait_until(condition: Callable[[], object], seconds: float = 2.0) -> bool:
    """Whether it became true in time."""
    deadline = time.monotonic() + seconds
    while not (done := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(done)


PROGRAM = """\
import sys, time
from demos.write import write_demo
from attnquiz.run.runner import *
from attnquiz.run.warm import Spares
import tempfile
tempfile.tempdir = sys.argv[2]
env = {"LANG": sys.argv[1], "PATH": "/usr/bin:/bin"}
limits = Limits(isolate=sys.argv[3] == "True")
spares = Spares(sys.executable, env, limits)
if sys.argv[4] == "True":
    spares.renew()
body = "import subprocess, time\\nsubprocess.Popen(['setsid', 'sleep', '60'])\\nprint('up')\\nwhile True: pass"
running = start_demo(write_demo(body), python=sys.executable, limits=limits, env=env)
print("started", flush=True)
while True:
    for event in running.events(1.0):
        if isinstance(event, Output):
            print("up", flush=True)
"""


def kill_program(mark: str, isolate: bool, warm: bool, wait_for: str, delay_s: float) -> None:
    """Run a program that runs a demo, and kill it at some moment."""
    argv = [sys.executable, "-c", PROGRAM, mark, tempfile.gettempdir(), str(isolate), str(warm)]
    env = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    program = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True)
    assert program.stdout
    with program.stdout:
        while wait_for and program.stdout.readline().strip() != wait_for:
            assert program.poll() is None
        threading.Event().wait(delay_s)
        assert not wait_for or processes_with(mark)
        program.send_signal(signal.SIGKILL)
        program.wait()
    assert wait_until(lambda: not processes_with(mark), 2.0)
