"""What a child says, turned into events and in the end into a Run. No process here: bytes in, events out."""

from typing import Any

from attnquiz.run import failures
from attnquiz.run.claims import Claim
from attnquiz.run.demo import Demo
from attnquiz.run.events import (
    CellStarted,
    ClaimChecked,
    ClaimResult,
    Ended,
    Event,
    Failed,
    Output,
    PictureMade,
    Run,
)
from attnquiz.run.frames import Frames
from attnquiz.run.limits import Limits
from attnquiz.run.text import PlainText, plain

KILLED = -9


class Report:
    """Of one run, as it comes in."""

    def __init__(self, demo: Demo, python: str, marker: str, limits: Limits) -> None:
        self.demo = demo
        self.python = python
        self.limits = limits
        self.frames = Frames(marker)
        self.text = PlainText()
        self.begun = False  # the child has said that it is ready
        self.before = b""  # what it printed until then, which is not the demo's
        self.heard = False  # a cell has started
        self.complete = False  # the last cell has ended
        self.exit: dict[str, Any] | None = None  # how it ended, once its guard has said that nothing is left
        self.line = demo.cells[0].line if demo.cells else 1
        self.output: list[str] = []
        self.output_bytes = 0
        self.claims: list[ClaimResult] = []
        self.pictures: list[PictureMade] = []
        self.failure: Failed | None = None

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        try:
            for item in self.frames.feed(data):
                events += self._output(item) if isinstance(item, bytes) else self._said(item)
        except Exception:  # whatever a demo may have forged
            events += self.fail(self._crashed(1))
        return events

    def pause(self) -> list[Event]:
        """Give out what is held back of the last line."""
        return self._shown(self.text.flush())

    def fail(self, failure: Failed) -> list[Event]:
        """The first failure is the one; those after it follow from it."""
        if self.failure:
            return []
        events = self.pause()
        self.failure = failure
        return [*events, failure]

    def close(self, seconds: float, status: int) -> list[Event]:
        """The process has gone."""
        events = self._output(self.frames.rest()) + self.pause()
        if failure := self._end(status):
            events += self.fail(failure)
        ok = self.failure is None and all(claim.holds for claim in self.claims)
        output = "".join(self.output)
        claims, pictures = tuple(self.claims), tuple(self.pictures)
        demo = self.demo
        run = Run(demo.id, demo.path, ok, seconds, demo.seed, claims, pictures, output, self.failure)
        return [*events, Ended(run)]

    def _output(self, data: bytes) -> list[Event]:
        if not self.begun:
            self.before = (self.before + data)[-2000:]
        if not self.begun or self.failure:
            return []
        self.output_bytes += len(data)
        over = self.output_bytes - self.limits.output_bytes
        events = self._shown(self.text.feed(data[: len(data) - over] if over > 0 else data))
        if over > 0:
            events += self.fail(failures.too_much_output(self.demo.path, self.line, self.limits.output_bytes))
        return events

    def _shown(self, text: str) -> list[Event]:
        if not text or self.failure:
            return []
        self.output.append(text)
        return [Output(text)]

    def _said(self, said: dict[str, Any]) -> list[Event]:
        events = self.pause()
        match said["event"]:
            case "ready":
                self.begun = True
            case "cell":
                self.heard = True
                self.line = self.demo.cells[said["index"]].line
                events.append(CellStarted(said["index"]))
            case "claim":
                events.append(self._claim(said))
            case "picture":
                picture = PictureMade(self.demo.cells[said["index"]].heading or "", _plain_data(said["data"]))
                self.pictures.append(picture)
                events.append(picture)
            case "failed":
                events += self.fail(self._failure(said))
            case "end":
                self.complete = True
            case "exit":
                self.exit = said
        return events

    def _claim(self, said: dict[str, Any]) -> ClaimChecked:
        claim: Claim | None = self.demo.cells[said["index"]].claim
        assert claim
        measured, control = said["measured"], said["control"]
        holds = claim.holds(measured, control)
        result = ClaimResult(claim.number, claim.says, measured, claim.op, claim.bound, control, holds, claim.line)
        self.claims.append(result)
        return ClaimChecked(result)

    def _failure(self, said: dict[str, Any]) -> Failed:
        path, line, traceback = self.demo.path, said["line"], plain(said["traceback"])
        match said["reason"]:
            case "torch":
                return failures.no_torch(path, line, self.python, traceback)
            case "memory":
                return failures.out_of_memory(path, line, self.limits.memory_bytes, traceback)
        return failures.raised(path, line, plain(said["error"]), traceback)

    def _end(self, status: int) -> Failed | None:
        """Why it did not come to its end, if it did not. `status` is for one whose guard could not tell."""
        path, limits = self.demo.path, self.limits
        told = self.exit or {"status": status, "why": None, "cpu_s": 0.0}
        if told["why"] == "memory":
            return failures.out_of_memory(path, self.line, limits.memory_bytes)
        if told["why"] == "processes":
            return failures.too_many_processes(path, self.line, limits.processes)
        if self.complete:
            return None
        if told["status"] == KILLED and told["cpu_s"] >= limits.cpu_s:
            return failures.out_of_cpu(path, self.line, limits.cpu_s)
        return self._crashed(told["status"])

    def _crashed(self, status: int) -> Failed:
        if self.begun:
            return failures.crashed(self.demo.path, self.line, status)
        lines = plain(self.before.decode(errors="replace")).strip().splitlines()
        return failures.no_interpreter(self.python, lines[-1] if lines else f"exit status {status}")


def _plain_data(data: Any) -> Any:
    """With the text in it made plain, names too."""
    match data:
        case str():
            return plain(data)
        case list():
            return [_plain_data(item) for item in data]
        case dict():
            return {plain(name): _plain_data(item) for name, item in data.items()}
    return data
