"""Demos that misbehave: each is held to its limits, says why it ended, and leaves nothing behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from demos.leftovers import kill_program, nothing_left
from demos.write import write_demo

from attnquiz.run.limits import describe_limits
from attnquiz.run.runner import Limits, Run, run_demo

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks in /proc for what is left")


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[str]:
    """Stands in the environment of all that a demo starts; afterwards neither a process nor a file is left of it."""
    with nothing_left(tmp_path) as mark:
        yield mark


def run(mark: str, body: str, **limits: float) -> Run:
    demo = write_demo(body)
    return run_demo(
        demo, python=sys.executable, limits=Limits(**limits), env={"LANG": mark, "PATH": os.environ["PATH"]}
    )  # type: ignore[arg-type]


def reason(ended: Run) -> str:
    assert ended.failure
    assert ended.failure.message.en.startswith("9.9.9-plain/demo.py:")
    assert ended.failure.message.zh != ended.failure.message.en
    return ended.failure.reason


@pytest.mark.parametrize(
    "body",
    ["while True: pass", "import time\ntime.sleep(60)", "'a' * 64 == __import__('re').match('(a*)*b', 'a' * 64)"],
)
def test_a_demo_that_does_not_end_is_stopped(mark: str, body: str) -> None:
    ended = run(mark, "print('begun')\n" + body, wall_s=0.5)
    assert reason(ended) == "timeout"
    assert ended.output == "begun\n"
    assert ended.seconds < 2.0
    assert "0.5 s" in ended.failure.message.en  # type: ignore[union-attr]


def test_a_demo_that_stops_itself_is_stopped_for_good(mark: str) -> None:
    assert reason(run(mark, "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", wall_s=0.5)) == "timeout"


def test_a_demo_that_ignores_signals_is_stopped(mark: str) -> None:
    body = """\
import signal
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, 32, 33}:
    signal.signal(number, signal.SIG_IGN)
while True: pass
"""
    assert reason(run(mark, body, wall_s=0.5)) == "timeout"


def test_processor_time_is_limited(mark: str) -> None:
    ended = run(mark, "while True: pass", cpu_s=0.5)
    assert reason(ended) == "timeout"
    assert "processor time" in ended.failure.message.en  # type: ignore[union-attr]


@pytest.mark.parametrize("isolate", [True, False])
def test_a_demo_that_forks_too_much_is_stopped(mark: str, isolate: bool) -> None:
    body = "import os, time\nfor _ in range(200):\n    if not os.fork():\n        time.sleep(60)\ntime.sleep(60)"
    ended = run(mark, body, processes=50, isolate=isolate, wall_s=20)
    assert reason(ended) in ("crashed", "exception")
    assert ended.seconds < 5.0


@pytest.mark.parametrize(
    "body",
    [
        "kept = []\nwhile True: kept.append(bytearray(10**7))",
        "import mmap\nshared = mmap.mmap(-1, 10**9)\nwhile True:\n    for at in range(0, 10**9, 4096): shared[at] = 1",
        "import os, time\nfor _ in range(3): os.fork()\nkept = b'x' * 10**8\ntime.sleep(60)",
    ],
    ids=["alone", "shared", "with children"],
)
def test_memory_is_limited(mark: str, body: str) -> None:
    ended = run(mark, body, memory_bytes=300 << 20, wall_s=20)
    assert reason(ended) == "memory"
    assert "300 MiB" in ended.failure.message.en  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "body",
    ["while True: print('x' * 9999)", "import os\nwhile True: os.write(1, b'x' * 9999)", "while True: print(end='x')"],
)
def test_a_demo_that_prints_without_end_is_stopped(mark: str, body: str) -> None:
    ended = run(mark, body, output_bytes=100_000)
    assert reason(ended) == "output"
    assert 99_000 < len(ended.output) <= 100_000


def test_files_are_limited(mark: str) -> None:
    assert reason(run(mark, "kept = [open('/dev/null') for _ in range(100)]", files=50)) == "exception"
    big = "with open('big', 'wb') as file:\n    for _ in range(100): file.write(b'x' * 10**5)"
    assert "File too large" in run(mark, big, file_bytes=10**6).failure.message.en  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "body",
    [
        "import sys\nassert sys.stdin.read() == ''\nsys.stdin.close()",
        "import os\nos.close(0)",
        "import os\nassert os.read(0, 10) == b''",
        "import sys\nsys.stdout.close()",
        "import sys\nsys.stdout = None",
        "import os\nos.close(1)\nos.close(2)",
        "import os, fcntl\nos.set_blocking(1, False)",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
        "import os\nos.fork()",
        "import subprocess\nsubprocess.Popen(['sleep', '60'])",
        "import subprocess\nsubprocess.Popen(['sleep', '60'], start_new_session=True)",
        "import os, time\nif not os.fork():\n    os.setsid()\n    if not os.fork():\n        time.sleep(60)",
        "import os\nos.makedirs('a/b/c')\nos.symlink('/', 'a/root')\nos.chmod('a/b', 0)\nos.chmod('a', 0)",
        "import pathlib\n(pathlib.Path.home() / '.config').mkdir()",
        "import signal, os\nsignal.raise_signal(signal.SIGCHLD)",
        "import atexit, time\natexit.register(time.sleep, 60)",
        "import sys\nsys.setrecursionlimit(60)",
        "import warnings\nwarnings.warn('careful')",
        "import os\nos.nice(5)",
    ],
)
@pytest.mark.parametrize("isolate", [True, False])
def test_a_demo_may_do_strange_things_and_still_come_to_its_end(mark: str, body: str, isolate: bool) -> None:
    ended = run(mark, body, isolate=isolate, wall_s=10)
    assert ended.failure is None, ended.failure.message.en
    assert ended.ok
    assert ended.seconds < 5.0
    assert len(ended.claims) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("import os\nos._exit(0)", "crashed"),
        ("import os\nos._exit(3)", "crashed"),
        ("import os\nos.abort()", "crashed"),
        ("import ctypes\nctypes.string_at(0)", "crashed"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)", "crashed"),
        ("import os\nos.killpg(0, 9)", "crashed"),
        ("import os\nos.closerange(0, 1000)", "crashed"),
        ("import os\nos.execvp('true', ['true'])", "crashed"),
        ("raise SystemExit", "exception"),
        ("raise KeyboardInterrupt", "exception"),
        ("def f(): f()\nf()", "exception"),
        ("class E(Exception):\n    def __str__(self): 1 / 0\nraise E", "exception"),
        ("input()", "exception"),
    ],
)
@pytest.mark.parametrize("isolate", [True, False])
def test_a_demo_that_breaks_off_says_why(mark: str, body: str, why: str, isolate: bool) -> None:
    ended = run(mark, body, isolate=isolate, wall_s=10)
    assert reason(ended) == why
    assert ended.seconds < 5.0


@pytest.mark.parametrize("isolate", [True, False])
@pytest.mark.parametrize(
    "blow", ["os.kill(os.getppid(), 9)", "os.killpg(os.getpgid(os.getppid()), 9)", "os.kill(os.getppid(), 19)"]
)
def test_a_demo_cannot_harm_who_runs_it(mark: str, blow: str, isolate: bool) -> None:
    ended = run(mark, f"import os, time\n{blow}\ntime.sleep(60)", isolate=isolate, wall_s=1)
    assert reason(ended) in ("crashed", "timeout")
    assert ended.seconds < 5.0


@pytest.mark.skipif(not Path("/proc/self/ns/user").exists(), reason="needs user namespaces")
def test_there_is_no_network_but_loopback(mark: str) -> None:
    body = """\
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
    print("loopback")
socket.create_connection(("192.0.2.1", 80), timeout=5)
"""
    ended = run(mark, body)
    assert ended.output == "loopback\n"
    assert "unreachable" in ended.failure.message.en  # type: ignore[union-attr]


def test_output_that_looks_like_an_event_is_output(mark: str) -> None:
    forged = "\\0" + "0" * 32 + '.0010{\\"event\\":\\"end\\"}'
    ended = run(mark, f"print('{forged}')\nimport gc\nprint('next')")
    assert ended.ok
    assert ended.output.endswith("next\n")


@pytest.mark.parametrize("isolate", [True, False])
@pytest.mark.parametrize("moment", ["started", "up"])
def test_nothing_outlives_a_program_that_is_killed(mark: str, moment: str, isolate: bool) -> None:
    kill_program(mark, isolate, warm=False, wait_for=moment, delay_s=0.0)


def test_nothing_that_waits_outlives_a_program_that_is_killed(mark: str) -> None:
    kill_program(mark, isolate=True, warm=True, wait_for="up", delay_s=0.5)


def test_many_runs_leave_nothing_behind(mark: str) -> None:
    run(mark, "pass")
    before = sorted(Path("/proc/self/fd").iterdir())
    for _ in range(8):
        assert run(mark, "import subprocess\nsubprocess.Popen(['sleep', '60'])").ok
    assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_the_limits_that_hold_are_said_in_one_line() -> None:
    held = describe_limits(sys.executable, limits=Limits(processes=77))
    assert held.en.startswith("a demo is held to 60 s, 300 s of processor time, 4096 MiB of memory")
    assert "77 processes" in held.en
    assert "\n" not in held.en
    assert held.text("zh").startswith("演示受限于：60 秒")
    assert "cannot hold it to:" in describe_limits("/no/such/python").en
