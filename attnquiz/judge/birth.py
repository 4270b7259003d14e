"""How a submission's process comes into being: forked from a nursery on Linux, started as an interpreter elsewhere."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

START = Path(__file__).with_name("start.py")
START_S = 120.0  # a cold disk takes its time with torch
KEPT_VARIABLES = {"PATH", "LANG", "TZ", "TMPDIR", "TEMP", "TMP", "HOME", "USERPROFILE", "SYSTEMROOT"}
KEPT_VARIABLES |= {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"}
ONE_THREAD = dict.fromkeys(["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"], "1")

# Memory is bounded, and glibc's heap wastes what it keeps: what a tensor had goes back to the system at once.
TIGHT_HEAP = {"MALLOC_MMAP_THRESHOLD_": str(1 << 20)}


class Body(Protocol):
    """A process and the three pipes that lead to it. It leads a session of its own."""

    pid: int
    requests: IO[bytes]
    replies: IO[bytes]
    prints: IO[bytes]

    def wait(self) -> int:
        """Its exit code, once it has ended; afterwards its pid may be somebody else's."""
        ...


class Parent(Protocol):
    """Where bodies come from."""

    def bear(self, arguments: Sequence[str]) -> Body:
        """Start `child` with these arguments, OSError when that cannot be done."""
        ...

    def close(self) -> None: ...


def find_parent(python: str, environment: Mapping[str, str]) -> Parent:
    kept = {
        name: value
        for name, value in environment.items()
        if name.upper() in KEPT_VARIABLES or name.startswith("PYTHON")
    }
    kept |= ONE_THREAD | TIGHT_HEAP | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}  # no secrets to print
    start = [python, str(START)]
    return Nursery(start, kept) if sys.platform == "linux" else Interpreters(start, kept)


@dataclass(frozen=True, slots=True)
class Interpreters:
    """A new interpreter for every body. `start` is the command that runs a module of this package."""

    start: Sequence[str]
    environment: Mapping[str, str]

    def bear(self, arguments: Sequence[str]) -> Body:
        return Started(
            subprocess.Popen(
                [*self.start, "child", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(self.environment),
                cwd=Path(sys.prefix).anchor,
                start_new_session=True,
            )
        )

    def close(self) -> None:
        pass


class Started:
    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        if not (popen.stdin and popen.stdout and popen.stderr):
            raise OSError("no pipes")
        self.pid, self.requests, self.replies, self.prints = popen.pid, popen.stdin, popen.stdout, popen.stderr
        self._popen = popen

    def wait(self) -> int:
        return self._popen.wait()


class Nursery:
    """Loads torch once and forks; see `nursery`."""

    def __init__(self, start: Sequence[str], environment: Mapping[str, str]) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(START_S)
        with theirs:
            self._popen = subprocess.Popen(
                [*start, "nursery", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=dict(environment),
                cwd="/",
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def bear(self, arguments: Sequence[str]) -> Body:
        pipes = [os.pipe() for _ in range(3)]
        ours, theirs = zip(
            *((write, read) if at == 0 else (read, write) for at, (read, write) in enumerate(pipes)), strict=True
        )
        try:
            socket.send_fds(self._control, [json.dumps({"arguments": list(arguments)}).encode()], list(theirs))
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        requests, replies, prints = (os.fdopen(fd, "wb" if at == 0 else "rb") for at, fd in enumerate(ours))
        return Forked(self._answer(), requests, replies, prints, self)

    def bury(self, pid: int) -> int:
        with suppress(OSError):
            self._control.send(json.dumps({"bury": pid}).encode())
            return self._answer()
        return 0

    def _answer(self) -> int:
        answer = self._control.recv(64)
        if not answer:
            raise OSError("the nursery is gone")
        return int(answer)

    def close(self) -> None:
        self._control.close()
        self._popen.kill()  # it holds nothing, and an interpreter with torch takes a second to leave by itself
        self._popen.wait()


@dataclass(slots=True)
class Forked:
    pid: int
    requests: IO[bytes]
    replies: IO[bytes]
    prints: IO[bytes]
    nursery: Nursery
    code: int | None = None

    def wait(self) -> int:
        if self.code is None:
            self.code = self.nursery.bury(self.pid)
        return self.code
