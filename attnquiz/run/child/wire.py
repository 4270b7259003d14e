"""Events on the pipe that carries the demo's output.

An event travels in frames: a NUL, the marker of this run (32 random characters: no output is taken for one), `+` if
there is more to come or `.`, the length as four hexadecimal digits, the bytes. A frame is never longer than what a pipe
takes in one piece, so nothing that other threads and processes print falls into the middle of one.
"""

from __future__ import annotations

import json
import os
import select
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO

LINE_BUFFERED = 1  # <stdio.h>
FRAME = getattr(select, "PIPE_BUF", 512)


class Wire:
    """Keeps its own handle on the pipe: a demo may close its stdout."""

    def __init__(self, marker: str) -> None:
        self.head = b"\0" + marker.encode()
        self.fd = os.dup(1)
        self.owner = os.getpid()
        self.flush_c = _c_flush()
        # Anew, since those of a fork of the server were made for another file.
        for fd, names in ((1, ("stdout", "__stdout__")), (2, ("stderr", "__stderr__"))):
            stream = _lines_to(fd)
            for name in names:
                setattr(sys, name, stream)

    def send(self, event: dict[str, Any]) -> None:
        """After everything printed so far. A process that the demo forked sends nothing: it ends here."""
        self.flush()
        if os.getpid() != self.owner:
            os._exit(0)
        data = json.dumps(event).encode()
        room = FRAME - len(self.head) - 5
        pieces = [data[at : at + room] for at in range(0, len(data), room)]
        for number, piece in enumerate(pieces, 1):
            more = b"+" if number < len(pieces) else b"."
            self._write(self.head + more + b"%04x" % len(piece) + piece)

    def flush(self) -> None:
        """Python's buffers, and those of C code in the same process."""
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):  # a demo may have closed it, or put anything in its place
                stream.flush()
        self.flush_c()

    def _write(self, frame: bytes) -> None:
        while True:
            try:
                os.write(self.fd, frame)
                return
            except BlockingIOError:  # the demo made the pipe non-blocking, for us as well
                select.select([], [self.fd], [], 1.0)


def _lines_to(fd: int) -> TextIO:
    """A line goes out when it ends, as in a terminal."""
    return open(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace", newline="\n", closefd=False)


def _c_flush() -> Callable[[], object]:
    """A flush of what C code prints, which is line by line from now on, as in a terminal."""
    with suppress(Exception):
        import ctypes

        library = ctypes.CDLL(None)
        stdout = ctypes.c_void_p.in_dll(library, "__stdoutp" if sys.platform == "darwin" else "stdout")
        library.setvbuf(stdout, None, LINE_BUFFERED, 0)
        return lambda: library.fflush(None)
    return lambda: None
