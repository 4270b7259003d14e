"""The process between the program and the demo. It ends the demo and all that the demo started.

    program -- guard -- demo -- whatever the demo starts

The guard holds the read end of the program's pipe: its end means stop, whether the program asked for it or was killed.
On Linux the guard is the first process of a namespace, which the demo can neither see out of nor leave, and whose end
the kernel makes the end of every process in it. Where that is forbidden, the guard adopts orphans and ends them itself.
"""

from __future__ import annotations

# pathlib would make each start 4 ms longer:
# ruff: noqa: PTH101, PTH114, PTH118, PTH123, PTH208
import json
import os
import select
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from . import limits, wire

WATCH_S = 0.1  # how often processes and memory are counted
KILL_S = 1.0  # how long the guard goes on looking for processes to end


class Lines:
    """JSON lines from a pipe, read without taking more of it than a guard may pass on."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.rest = b""

    def next(self) -> dict[str, Any] | None:
        """None at the end of the pipe."""
        while b"\n" not in self.rest:
            data = os.read(self.fd, 65536)
            if not data:
                return None
            self.rest += data
        line, _, self.rest = self.rest.partition(b"\n")
        found: dict[str, Any] = json.loads(line)
        return found


def stand(hello: dict[str, Any], lines: Lines) -> None:
    """Fork the demo's process and return in it, with its lines on stdin; the guard itself never returns."""
    isolated = limits.isolate() if hello["limits"]["isolate"] else []
    if "processes" in isolated:
        first = os.fork()
        if first:
            os._exit(_exit_code(os.waitpid(first, 0)[1]))
        limits.die_with_parent()
    inside = os.getpid() == 1
    hello["limits"]["isolated"] = isolated
    receive, pass_on = os.pipe()
    guard = os.getpid()
    child = os.fork()
    if child:
        os.close(receive)
        Guard(child, pass_on, hello, inside).stand(lines.rest)
    os.close(pass_on)
    _become_demo(guard, receive)


def _become_demo(guard: int, receive: int) -> None:
    os.setsid()
    limits.die_with_parent()
    if os.getppid() != guard:  # it died before we asked to be told
        os._exit(1)
    os.dup2(receive, 0)
    os.close(receive)


def close_stdin() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def end_with_stdin() -> None:
    """For a system without fork, where nothing stands guard: a thread that waits for the end of the program's pipe."""
    import threading

    kept = os.dup(0)

    def wait() -> None:
        while os.read(kept, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


class Guard:
    def __init__(self, child: int, pass_on: int, hello: dict[str, Any], inside: bool) -> None:
        self.child = child
        self.pass_on = pass_on
        self.hello = hello
        self.inside = inside
        self.waiting = b""  # lines for the demo that its pipe has not taken yet
        self.working = False  # a job has come
        self.why: str | None = None

    def stand(self, waiting: bytes) -> None:
        """Until the demo has ended or must end; then nothing of it is left, and so ends the guard."""
        limits.adopt_orphans()
        self.waiting = waiting
        self.working = bool(waiting)
        status = self._watch()
        self._end_all()
        _remove(self.hello["folder"])
        with suppress(OSError):
            wire.Wire(self.hello["marker"]).send(
                {"event": "exit", "status": _exit_code(status), "why": self.why, "cpu_s": _seconds()}
            )
        os._exit(0)

    def _watch(self) -> int:
        wake, woken = os.pipe()
        os.set_blocking(woken, False)
        os.set_blocking(self.pass_on, False)
        signal.set_wakeup_fd(woken)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while (status := self._reap()) is None:
            if self.working and self._over_limits():
                return self._kill()
            writable = [self.pass_on] if self.waiting else []
            readable, writable, _ = select.select([0, wake], writable, [], WATCH_S if self.working else None)
            if wake in readable:
                os.read(wake, 4096)
            if writable:
                self._hand_on()
            if 0 in readable and not self._receive():
                return self._kill()
        return status

    def _reap(self) -> int | None:
        """The status of the demo's process if it has ended; orphans end unnoticed."""
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return None
                if pid == self.child:
                    return status
        return None

    def _receive(self) -> bool:
        data = os.read(0, 65536)
        self.waiting += data
        self.working = self.working or bool(data)
        return bool(data)

    def _hand_on(self) -> None:
        try:
            self.waiting = self.waiting[os.write(self.pass_on, self.waiting) :]
        except BrokenPipeError:
            self.waiting = b""

    def _kill(self) -> int:
        with suppress(ProcessLookupError):
            os.kill(self.child, signal.SIGKILL)
        return os.waitpid(self.child, 0)[1]

    def _over_limits(self) -> bool:
        """Of all processes together, which no limit of one process can hold."""
        found = list(islice(_descendants("self"), self.hello["limits"]["processes"] + 1))
        if len(found) > self.hello["limits"]["processes"]:
            self.why = "processes"
        elif sum(map(_memory, found)) > self.hello["limits"]["memory_bytes"]:
            self.why = "memory"
        return self.why is not None

    def _end_all(self) -> None:
        if self.inside:  # the first process of its namespace: this reaches nobody outside
            with suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
        else:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.child, signal.SIGKILL)
        deadline = time.monotonic() + KILL_S
        while time.monotonic() < deadline and self._end_orphans():
            time.sleep(0.005)

    def _end_orphans(self) -> bool:
        """Whether any process of the demo is left."""
        if not self.inside:
            for pid in _descendants("self"):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(int(pid), signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            return True
        return False


def _descendants(pid: str) -> Iterator[str]:
    """As /proc numbers them, children before grandchildren; none where there is no /proc."""
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                children = file.read().split()
            yield from children
            for child in children:
                yield from _descendants(child)


def _memory(pid: str) -> int:
    """Bytes in memory that are not a file's: a process's own, and what it shares with others of its kind."""
    total = 0
    with suppress(OSError), open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith(("RssAnon:", "RssShmem:")):
                total += int(line.split()[1]) * 1024
    return total


def _remove(folder: str) -> None:
    import shutil

    os.chdir("/")
    for root, names, _ in os.walk(folder):
        for path in (os.path.join(root, name) for name in names):
            if not os.path.islink(path):
                with suppress(OSError):
                    os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _seconds() -> float:
    """Processor time of the processes that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def _exit_code(status: int) -> int:
    return os.waitstatus_to_exitcode(status)
