"""The whole screen of a terminal, drawn without flicker and left as it was found, even after kill -9."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from attnquiz.ui.keys import Keyboard

ENTER = "\x1b[?1049h\x1b[?25l"
LEAVE = "\x1b[?25h\x1b[?1049l\x1b[0m"
HOLD, SHOW = "\x1b[?2026h", "\x1b[?2026l"  # terminals that know it show the frame at once, others ignore it


class Screen:
    """The alternate screen. Frames are lists of lines that fit; only lines that changed are sent."""

    def __init__(self, fd: int, keyboard: Keyboard) -> None:
        self.fd = fd
        self.keyboard = keyboard
        self.shown: list[str] = []
        self.guard: tuple[int, int] | None = None

    def __enter__(self) -> Screen:
        self.guard = start_guard(self.fd, self.keyboard)
        self.write(ENTER)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.leave()
        if self.guard is not None:
            pid, held = self.guard
            os.write(held, b".")
            os.close(held)
            os.waitpid(pid, 0)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        size = os.get_terminal_size(self.fd)
        return max(size.columns, 20), max(size.lines, 6)

    def draw(self, lines: Sequence[str]) -> None:
        frame = [HOLD]
        for row, line in enumerate(lines):
            if row >= len(self.shown) or self.shown[row] != line:
                frame.append(f"\x1b[{row + 1};1H{line}\x1b[0m\x1b[K")
        if len(lines) < len(self.shown):
            frame.append(f"\x1b[{len(lines) + 1};1H\x1b[J")
        self.shown = list(lines)
        self.write("".join([*frame, SHOW]))

    def forget(self) -> None:
        """Draw everything next time: the size changed, or something else has written here."""
        self.shown = []
        self.write("\x1b[2J")

    def leave(self) -> None:
        self.write(LEAVE)

    def enter_again(self) -> None:
        self.write(ENTER)
        self.forget()

    def lend(self) -> None:
        """An empty screen with a cursor, for something else to write on."""
        self.write("\x1b[2J\x1b[H\x1b[?25h")

    def take_back(self) -> None:
        self.write("\x1b[?25l")
        self.forget()

    def write(self, text: str) -> None:
        data = text.encode(errors="replace")
        while data:
            data = data[os.write(self.fd, data) :]


def start_guard(fd: int, keyboard: Keyboard) -> tuple[int, int] | None:
    """A forked watcher that restores the terminal if this process is killed: its pid, and the pipe that holds it.

    It sleeps in one read until the pipe closes; a byte before that says that all is well.
    """
    if sys.platform == "win32" or keyboard.saved is None:
        return None
    import termios

    raw, found = termios.tcgetattr(keyboard.fd), keyboard.saved
    watched, held = os.pipe()
    pid = os.fork()
    if pid:
        os.close(watched)
        return pid, held
    try:
        os.close(held)
        guard_terminal(watched, fd, keyboard.fd, raw, found)
    finally:
        os._exit(0)


def guard_terminal(watched: int, out: int, tty: int, raw: list[Any], found: list[Any]) -> None:
    import signal
    import termios

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTTOU, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)
    if os.read(watched, 1):
        return
    # Only what we set is undone: the shell may have taken the terminal back already.
    if termios.tcgetattr(tty) == raw:
        os.write(out, LEAVE.encode())
        termios.tcsetattr(tty, termios.TCSANOW, found)
