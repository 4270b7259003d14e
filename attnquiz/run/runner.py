"""Run a demo in a process of its own and hear what it does."""

import os
import queue
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from types import TracebackType
from typing import Any

from attnquiz.run import failures
from attnquiz.run.demo import Demo, with_seed
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
from attnquiz.run.limits import Limits
from attnquiz.run.process import GRACE_S, Child
from attnquiz.run.report import Report
from attnquiz.run.warm import Warm

__all__ = [
    "CellStarted",
    "ClaimChecked",
    "ClaimResult",
    "Ended",
    "Event",
    "Failed",
    "Limits",
    "Output",
    "PictureMade",
    "Run",
    "RunningDemo",
    "run_demo",
    "start_demo",
]

PAUSE_S = 0.1  # a line that has not ended is shown after this


def start_demo(
    demo: Demo,
    *,
    python: str | os.PathLike[str],
    seed: int | None = None,
    limits: Limits | None = None,
    env: Mapping[str, str] | None = None,
    warm: Warm | None = None,
    on_end: Callable[[Run], None] | None = None,
) -> "RunningDemo":
    """Begin to run it; nothing is raised for what goes wrong, it is an event. `env` is this process's by default.

    `warm` gives it an interpreter that is ready; `on_end` is called at the end from another thread.
    """
    demo = demo if seed is None else with_seed(demo, seed)
    env = os.environ if env is None else env
    return RunningDemo(demo, os.fspath(python), limits or Limits(), env, warm, on_end)


def run_demo(
    demo: Demo,
    *,
    python: str | os.PathLike[str],
    seed: int | None = None,
    limits: Limits | None = None,
    env: Mapping[str, str] | None = None,
    warm: Warm | None = None,
) -> Run:
    """Run it to its end."""
    with start_demo(demo, python=python, seed=seed, limits=limits, env=env, warm=warm) as running:
        return running.wait()


class RunningDemo:
    """A demo at work. As a context manager it is stopped at the end of the block."""

    def __init__(
        self,
        demo: Demo,
        python: str,
        limits: Limits,
        env: Mapping[str, str],
        warm: Warm | None,
        on_end: Callable[[Run], None] | None,
    ) -> None:
        self.demo = demo
        self.run: Run | None = None  # once the end has been handed out
        self._python = python
        self._limits = limits
        self._env = env
        self._warm = warm
        self._on_end = on_end
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._deadline = time.monotonic() + limits.wall_s
        self._child: Child | None = None
        self._report = Report(demo, python, "", limits)
        self._begin(warm.take(limits) if warm else None)
        self._thread = threading.Thread(target=self._follow, name="attnquiz-run", daemon=True)
        self._thread.start()

    @property
    def finished(self) -> bool:
        """Whether the end has been handed out by `events`."""
        return self.run is not None

    def events(self, timeout_s: float) -> list[Event]:
        """All that has happened since the last call; waits at most `timeout_s` for something to happen."""
        found: list[Event] = []
        with suppress(queue.Empty):
            found.append(self._events.get(timeout=timeout_s))
            while True:
                found.append(self._events.get_nowait())
        if found and isinstance(found[-1], Ended):
            self.run = found[-1].run
        return found

    def wait(self) -> Run:
        while self.run is None:
            self.events(1.0)
        return self.run

    def stop(self) -> None:
        """End it with all it has started, and wait until nothing is left. Does nothing to one that has ended."""
        self.release()
        self._thread.join()

    def release(self) -> None:
        """Tell it to end, without waiting for that."""
        self._stop.set()
        if self._child:
            self._child.release()

    def __enter__(self) -> "RunningDemo":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _begin(self, child: Child | None) -> None:
        """Give the job to a child that is ready, or to a new one."""
        try:
            if child is None:
                child = Child.start(self._python, self._env)
                child.greet(asdict(self._limits))
        except OSError as error:
            self._put(self._report.fail(failures.no_interpreter(self._python, error.strerror or str(error))))
            return
        self._report = Report(self.demo, self._python, child.marker, self._limits)
        self._report.begun = child.ready
        self._child = child
        child.send(job_of(self.demo))

    def _follow(self) -> None:
        """From the beginning to the end, in a thread of its own."""
        started = time.monotonic()
        status = self._listen()
        if self._child and self._child.ready and not (self._report.heard or self._report.failure):
            self._begin(None)  # the one that was ready had gone without a word
            status = self._listen()
        self._put(self._report.close(time.monotonic() - started, status))
        if self._warm:
            self._warm.renew()

    def _listen(self) -> int:
        """Until the child has gone, or must go; its exit status."""
        child, report = self._child, self._report
        if child is None:
            return 1
        while not (report.exit or report.failure or self._stop.is_set()):
            left = self._deadline - time.monotonic()
            if left <= 0:
                break
            data = child.read(min(left, PAUSE_S))
            if data == b"" or self._stop.is_set():
                break
            self._put(report.feed(data) if data else report.pause())
            if report.complete:  # only its going is awaited; where nothing stands guard, something may hold the pipe
                self._deadline = min(self._deadline, time.monotonic() + GRACE_S)
        if not report.complete:
            self._put(self._cut_short())
        return child.end()

    def _cut_short(self) -> list[Event]:
        """The failure, if we ended it."""
        report, path = self._report, self.demo.path
        if self._stop.is_set():
            return report.fail(failures.stopped(path, report.line))
        if time.monotonic() >= self._deadline:
            return report.fail(failures.timed_out(path, report.line, self._limits.wall_s))
        return []

    def _put(self, events: list[Event]) -> None:
        for event in events:
            self._events.put(event)
            if self._on_end and isinstance(event, Ended):
                self._on_end(event.run)


def job_of(demo: Demo) -> dict[str, Any]:
    """What the child needs to know of a demo."""
    cells = [
        {
            "index": index,
            "line": cell.line,
            "kind": cell.kind,
            "source": cell.source,
            "has_control": cell.claim is not None and cell.claim.has_control,
        }
        for index, cell in enumerate(demo.cells)
        if cell.kind != "markdown"
    ]
    return {"path": str(demo.path.absolute()), "source": demo.source, "cells": cells}
