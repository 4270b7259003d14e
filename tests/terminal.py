"""A real pseudo-terminal with the program in it, and the screen that a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pyte


class Terminal:
    """`type` keys, `wait_for` text, look at `screen`; the process is killed at the end."""

    def __init__(self, argv: list[str], environment: dict[str, str], columns: int = 80, rows: int = 24) -> None:
        self.view = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.view)
        self.raw = b""
        self.code: int | None = None
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.found = termios.tcgetattr(self.slave)
        self.pid = os.fork()
        if self.pid == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(self.slave, fd)
            os.execve(sys.executable, [sys.executable, "-m", "attnquiz", *argv], environment)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.master)
        os.close(self.slave)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def read(self, seconds: float) -> None:
        """Take what the program writes within the time."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                data = b""
            self.raw += data
            self.stream.feed(data)

    def wait_until(self, seen: Callable[[], bool], seconds: float = 20.0) -> None:
        until = time.monotonic() + seconds
        while not seen():
            assert time.monotonic() < until, "not seen in time; the screen is\n" + self.text
            self.read(0.05)

    def wait_for(self, text: str, seconds: float = 20.0) -> None:
        self.wait_until(lambda: text in self.text, seconds)

    def wait_for_end(self, seconds: float = 20.0) -> int:
        """The exit code (negative for a signal), after everything written was read."""

        def ended() -> bool:
            if self.code is None:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self.code = os.waitstatus_to_exitcode(status)
            return self.code is not None

        self.wait_until(ended, seconds)
        self.read(0.1)
        assert self.code is not None
        return self.code

    @property
    def text(self) -> str:
        """What stands on it; the second half of a wide character is an empty cell."""
        rows = (self.view.buffer[row] for row in range(self.view.lines))
        lines = ("".join(row[column].data for column in range(self.view.columns)) for row in rows)
        return "\n".join(line.rstrip() for line in lines).rstrip()

    @property
    def modes_now(self) -> list[Any]:
        return termios.tcgetattr(self.slave)

    @property
    def is_as_found(self) -> bool:
        """Cooked as before, out of the alternate screen, with its cursor."""
        on, off = self.raw.rfind(b"\x1b[?1049h"), self.raw.rfind(b"\x1b[?1049l")
        shown, hidden = self.raw.rfind(b"\x1b[?25h"), self.raw.rfind(b"\x1b[?25l")
        return self.modes_now == self.found and off > on and shown > hidden
