"""The submission's process seen from outside: started warm, limited, asked, and killed.

Everything here assumes that the other side is hostile: replies are bounded before they are read, a deadline kills the
process whatever either side is blocked in, and its output is kept to a limit while it runs. It is a session of its
own, so that its group can be killed and has nobody else in it.
"""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from attnquiz.judge.birth import START_S, Parent
from attnquiz.judge.wire import Closed, Garbage, Json, pack, read_frame

if TYPE_CHECKING:
    from torch import Tensor

WATCH_S = 0.05


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one judgement: all of it, one call, memory beyond torch's own, printed text."""

    wall_s: float = 60.0
    call_s: float = 10.0
    memory_bytes: int = 2 << 30
    output_bytes: int = 1 << 20


class Ended(Exception):
    """The process is gone, or was ended: why."""

    def __init__(self, why: str, code: int | None = None) -> None:
        super().__init__(why)
        self.why = why  # "time", "output", "garbage" or "exit"
        self.code = code


class NoTorch(Exception):
    """The interpreter cannot import torch."""


class Process:
    """A started interpreter that loads torch in the background; `ready` waits for it."""

    def __init__(self, parent: Parent, limits: Limits, closed: list[Path]) -> None:
        self.limits = limits
        self.granted: dict[str, bool] = {}
        self.roots: list[Path] = []
        self._why = ""
        self._due = math.inf
        self._over = threading.Event()
        self._waited = False
        self._most_data = -1
        self.body = parent.bear([str(int(limits.wall_s) + 30), *map(str, closed)])
        self.captured = Captured(self.body.prints, limits.output_bytes, lambda: self.end("output"))

    def ready(self) -> None:
        """Wait until torch is loaded, and put the limits of memory on."""
        if self.granted:
            return
        threading.Thread(target=self._watch, daemon=True).start()
        with self._deadline(START_S):
            header, _ = self._read()
        if "missing" in header:
            raise NoTorch(header["missing"])
        self.granted = header["ready"]
        self.roots = [Path(root) for root in header["roots"]]
        self.granted["memory"] = self._limit_memory()
        self.request({"op": "ping", "number": 0}, [], START_S)  # it may have died since it said that it was ready

    def request(self, header: Json, tensors: list[Tensor] | bytes, seconds: float) -> tuple[Json, bytearray]:
        """Send, and read the reply within `seconds`; Ended when it does not come or is not one."""
        frame = pack(header, tensors)
        with self._deadline(seconds):
            try:
                self.body.requests.write(frame)
                self.body.requests.flush()
            except OSError:
                raise self._ended() from None
            reply, payload = self._read()
        if reply.get("number") != header["number"]:
            raise self._ended("garbage")
        return reply, payload

    def _read(self) -> tuple[Json, bytearray]:
        try:
            return read_frame(self.body.replies)
        except Garbage:
            raise self._ended("garbage") from None
        except (Closed, OSError):
            raise self._ended() from None

    @contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        self._due = time.monotonic() + seconds
        try:
            yield
        finally:
            self._due = math.inf

    def _watch(self) -> None:
        while not self._over.wait(WATCH_S):
            if time.monotonic() > self._due:
                self.end("time")

    @contextmanager
    def memory_limit(self, extra_bytes: int) -> Iterator[bool]:
        """While inside, at most `extra_bytes` more than now; False where the system cannot hold the process to it."""
        memory = self._memory()
        if memory is None or not self.granted["memory"]:
            yield False
            return
        most = self._most_data
        held = self._limit("DATA", min(memory[0] + extra_bytes, most), most)
        try:
            yield held
        finally:
            self._limit("DATA", most, most)

    def _limit_memory(self) -> bool:
        """Of the process as a whole: what it has now and `memory_bytes` more. Shared memory counts as address space."""
        if not (memory := self._memory()):
            return False
        data, space = (size + self.limits.memory_bytes for size in memory)
        self._most_data = data
        return self._limit("DATA", data, data) and self._limit("AS", space, space)

    def _memory(self) -> tuple[int, int] | None:
        """Bytes of private data and of address space; None off Linux."""
        try:
            text = Path(f"/proc/{self.body.pid}/status").read_text()
        except OSError:
            return None
        fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        data, space = (int(fields[name].split()[0]) * 1024 for name in ("VmData", "VmSize"))
        return data, space

    def _limit(self, kind: str, soft: int, hard: int) -> bool:
        import resource

        try:
            resource.prlimit(self.body.pid, getattr(resource, f"RLIMIT_{kind}"), (soft, hard))
        except (OSError, ValueError):
            return False
        return True

    def _ended(self, why: str = "exit") -> Ended:
        self.end(why)
        return Ended(self._why, self._wait())

    def end(self, why: str = "exit") -> None:
        """Kill the process and its group, without waiting; idempotent, callable from any thread."""
        self._over.set()
        self._why = self._why or why
        if self._waited:
            return  # its number may be somebody else's by now
        if hasattr(os, "killpg"):
            with suppress(OSError):  # a newborn does not yet lead its group
                os.killpg(self.body.pid, signal.SIGKILL)
        with suppress(OSError):
            os.kill(self.body.pid, getattr(signal, "SIGKILL", signal.SIGTERM))  # either ends it at once

    def _wait(self) -> int:
        code = self.body.wait()
        self._waited = True
        return code

    def bury(self) -> None:
        """End it, wait for the end, and let go of its pipes."""
        self.end()
        self._wait()
        self.captured.text()
        for pipe in self.body.requests, self.body.replies, self.body.prints:
            with suppress(OSError):
                pipe.close()


class Captured:
    """What the submission prints, up to a limit; the first that goes past it calls `flooded`."""

    def __init__(self, stream: IO[bytes], limit: int, flooded: Callable[[], None]) -> None:
        self.data = bytearray()
        self._stream, self._limit, self._flooded = stream, limit, flooded
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while piece := os.read(self._stream.fileno(), 1 << 16):
            self.data += piece[: self._limit - len(self.data)]
            if len(self.data) >= self._limit:
                self._flooded()
                return

    def text(self) -> str:
        """What has arrived, which is all of it once the process has ended."""
        self._thread.join(0.01)
        return self.data.decode(errors="replace")
