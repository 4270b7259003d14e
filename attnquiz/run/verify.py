"""Many demos, several at a time, each under several seeds."""

import os
import queue
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import count, islice

from attnquiz.run.demo import Demo
from attnquiz.run.events import Run
from attnquiz.run.runner import Limits, RunningDemo, start_demo
from attnquiz.run.warm import Server

TURN_S = 0.1


def verify(
    demos: Iterable[Demo],
    *,
    python: str | os.PathLike[str],
    seeds: int = 1,
    jobs: int | None = None,
    limits: Limits | None = None,
    env: Mapping[str, str] | None = None,
) -> Iterator[Run]:
    """The runs as they finish, `jobs` of them at a time (by default, one on each core).

    Whatever ends the iteration, an interrupt too, leaves nothing running.
    """
    jobs = jobs or _cores()
    env = _threads_for(jobs, os.environ if env is None else env)
    work = [(demo, seed) for demo in demos for seed in seeds_of(demo, seeds)]
    batch = Batch(work, os.fspath(python), limits or Limits(), env)
    try:
        batch.fill(jobs)
        while batch.running:
            if run := batch.next(TURN_S):
                yield run
            batch.fill(jobs)
    finally:
        batch.close()


def seeds_of(demo: Demo, seeds: int) -> list[int]:
    """The demo's own seed first, then 0, 1, 2 and so on."""
    others = (seed for seed in count() if seed != demo.seed)
    return [demo.seed, *islice(others, seeds - 1)]


class Batch:
    """Runs to be done, being done and done."""

    def __init__(self, work: list[tuple[Demo, int]], python: str, limits: Limits, env: Mapping[str, str]) -> None:
        self.python = python
        self.limits = limits
        self.env = env
        self.waiting = enumerate(work)
        self.running: dict[int, RunningDemo] = {}
        self.ended: queue.SimpleQueue[tuple[int, Run]] = queue.SimpleQueue()
        self.server = Server.start(python, env) if len(work) > 1 else None

    def fill(self, jobs: int) -> None:
        """While the server imports torch, which keeps a core busy, the first demos begin cold on the others."""
        warming = self.server is not None and self.server.warming
        room = max(1, jobs - warming) - len(self.running)
        for key, (demo, seed) in islice(self.waiting, max(0, room)):
            told = partial(_tell, self.ended, key)
            self.running[key] = start_demo(
                demo,
                python=self.python,
                seed=seed,
                limits=self.limits,
                env=self.env,
                warm=self.server,
                on_end=told,
            )

    def next(self, timeout_s: float) -> Run | None:
        """The next that has ended. With a limit, so that Windows hears an interrupt, and the server is asked again."""
        with suppress(queue.Empty):
            key, run = self.ended.get(timeout=timeout_s)
            self.running.pop(key).stop()
            return run
        return None

    def close(self) -> None:
        for left in self.running.values():
            left.release()
        for left in self.running.values():
            left.stop()
        if self.server:
            self.server.close()


def _tell(ended: "queue.SimpleQueue[tuple[int, Run]]", key: int, run: Run) -> None:
    ended.put((key, run))


def _threads_for(jobs: int, env: Mapping[str, str]) -> dict[str, str]:
    """Each run gets its share of the cores: threads that wait for one another's cores cost more than they bring."""
    return {"OMP_NUM_THREADS": str(max(1, _cores() // jobs)), **env}


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
