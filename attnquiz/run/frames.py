"""The parent's end of the pipe: the demo's own bytes and the events between them, in order. See `child/wire.py`."""

import json
from collections.abc import Iterator
from typing import Any

LENGTH = 4  # hexadecimal digits
LONGEST_EVENT = 4 << 20


class BadFrame(Exception):
    """The events cannot be read; nothing that follows can be trusted."""


class Frames:
    """Splits a stream of bytes at any cut between them."""

    def __init__(self, marker: str) -> None:
        self.head = b"\0" + marker.encode()
        self.buffer = b""
        self.event = b""

    def feed(self, data: bytes) -> Iterator[bytes | dict[str, Any]]:
        self.buffer += data
        while self.buffer:
            at = self.buffer.find(self.head)
            if at != 0:
                output = self.buffer[:at] if at > 0 else self.buffer[: self._end_of_output()]
                self.buffer = self.buffer[len(output) :]
                if output:
                    yield output
                if at < 0:
                    return
            taken = self._take_frame()
            if taken is None:
                return
            piece, more = taken
            self.event += piece
            if len(self.event) > LONGEST_EVENT:
                raise BadFrame
            if not more:
                whole, self.event = self.event, b""
                yield json.loads(whole)

    def rest(self) -> bytes:
        """What is left when the pipe has ended."""
        rest, self.buffer = self.buffer, b""
        return rest

    def _end_of_output(self) -> int:
        """Up to where the buffer cannot be the beginning of a frame."""
        at = self.buffer.rfind(b"\0", max(0, len(self.buffer) - len(self.head)))
        return at if at >= 0 and self.head.startswith(self.buffer[at:]) else len(self.buffer)

    def _take_frame(self) -> tuple[bytes, bool] | None:
        """What the frame carries, and whether more of its event is to come; None if the frame is not all there."""
        start = len(self.head) + 1 + LENGTH
        if len(self.buffer) < start:
            return None
        end = start + int(self.buffer[start - LENGTH : start], 16)
        if len(self.buffer) < end:
            return None
        piece, more = self.buffer[start:end], self.buffer[len(self.head)] == ord("+")
        self.buffer = self.buffer[end:]
        return piece, more
