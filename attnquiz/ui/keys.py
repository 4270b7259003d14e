"""One key at a time from a real terminal, without losing any that are typed early or in a burst."""

from __future__ import annotations

import codecs
import os
import select
import signal
import sys
import unicodedata
from collections import deque
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

ESCAPE_WAIT_S = 0.05  # a lone Esc is told from an arrow key by what follows within this time
NAMES = {
    "\r": "enter",
    "\n": "enter",
    " ": "space",
    "\t": "tab",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x03": "ctrl-c",
    "\x04": "ctrl-d",
    "\x0c": "ctrl-l",
    "\x1a": "ctrl-z",
    "\x1b": "esc",
}
SEQUENCES = {
    "[A": "up",
    "[B": "down",
    "[C": "right",
    "[D": "left",
    "[H": "home",
    "[F": "end",
    "[1~": "home",
    "[4~": "end",
    "[5~": "page-up",
    "[6~": "page-down",
    "OA": "up",
    "OB": "down",
    "OC": "right",
    "OD": "left",
    "OH": "home",
    "OF": "end",
}


def split_keys(text: str) -> tuple[list[str], str]:
    """The names of the keys in what a terminal sent, and the beginning of a sequence that is not whole yet.

    Full-width forms count as their ASCII keys, since a Chinese input method may send `１` for `1`.
    """
    keys: list[str] = []
    while text:
        if text[0] == "\x1b" and len(text) > 1:
            length = sequence_length(text)
            if length == 0:
                return keys, text
            if name := SEQUENCES.get(text[1:length]):
                keys.append(name)
            text = text[length:]
            continue
        character = unicodedata.normalize("NFKC", text[0]) or " "
        text = text[1:]
        keys.append(NAMES.get(character, character))
    return keys, ""


def sequence_length(text: str) -> int:
    """Length of the escape sequence that `text` begins with; 0 if its end has not come yet."""
    if text[1] == "O":
        return 3 if len(text) > 2 else 0
    if text[1] != "[":
        return 1
    for at, character in enumerate(text[2:], start=2):
        if "@" <= character <= "~":
            return at + 1
    return 0


class Keyboard:
    """The terminal in raw mode, as found again afterwards. `read` also reports a resize as the key `resize`."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.waiting: deque[str] = deque()
        self.partial = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.saved: list[Any] | None = None
        self.wake_read, self.wake_write = -1, -1

    def __enter__(self) -> Keyboard:
        import termios

        self.saved = termios.tcgetattr(self.fd)
        self.make_raw()
        self.wake_read, self.wake_write = os.pipe()
        os.set_blocking(self.wake_write, False)
        self.old_winch = signal.signal(signal.SIGWINCH, self.on_resize)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.restore()
        signal.signal(signal.SIGWINCH, self.old_winch)
        os.close(self.wake_read)
        os.close(self.wake_write)

    def make_raw(self) -> None:
        """No echo, no line buffer, Ctrl-C and Ctrl-Z as keys; what was typed before is kept (TCSADRAIN)."""
        import termios

        mode = termios.tcgetattr(self.fd)
        mode[0] &= ~(termios.ICRNL | termios.IXON)
        mode[3] &= ~(termios.ECHO | termios.ICANON | termios.ISIG | termios.IEXTEN)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self.fd, termios.TCSADRAIN, mode)

    def restore(self) -> None:
        import termios

        if self.saved is not None:
            termios.tcsetattr(self.fd, termios.TCSADRAIN, self.saved)

    def on_resize(self, _number: int, _frame: FrameType | None) -> None:
        with suppress(BlockingIOError):  # a resize is already waiting to be read
            os.write(self.wake_write, b"r")

    def read(self, timeout_s: float | None = None) -> str | None:
        """The next key; None when none came in time. Raises EOFError when the terminal has gone."""
        while not self.waiting:
            ready, _, _ = select.select([self.fd, self.wake_read], [], [], timeout_s)
            if not ready:
                if not self.partial:
                    return None
                self.take_partial()
            elif self.wake_read in ready:
                os.read(self.wake_read, 64)
                self.waiting.append("resize")
            else:
                self.fill()
                timeout_s = ESCAPE_WAIT_S if self.partial else timeout_s
        return self.waiting.popleft()

    def fill(self) -> None:
        data = os.read(self.fd, 4096)
        if not data:
            raise EOFError
        keys, self.partial = split_keys(self.partial + self.decoder.decode(data))
        self.waiting.extend(keys)

    def take_partial(self) -> None:
        """A sequence that never ended was a lone Esc, or rubbish; either way it is one key."""
        self.waiting.append("esc")
        self.partial = ""


if sys.platform == "win32":
    import msvcrt
    import time

    WINDOWS = {
        "H": "up", "P": "down", "K": "left", "M": "right", "G": "home", "O": "end", "I": "page-up", "Q": "page-down",
    }  # fmt: skip

    class WindowsKeyboard(Keyboard):
        """The same over the console's own calls."""

        def __enter__(self) -> Keyboard:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def make_raw(self) -> None:
            return None

        def restore(self) -> None:
            return None

        def read(self, timeout_s: float | None = None) -> str | None:
            until = None if timeout_s is None else time.monotonic() + timeout_s
            while not msvcrt.kbhit():
                if until is not None and time.monotonic() >= until:
                    return None
                time.sleep(0.01)
            character = msvcrt.getwch()
            if character in "\x00\xe0":
                return WINDOWS.get(msvcrt.getwch(), "")
            return split_keys(character)[0][0]


def open_keyboard(fd: int) -> Keyboard:
    if sys.platform == "win32":
        return WindowsKeyboard(fd)
    return Keyboard(fd)
