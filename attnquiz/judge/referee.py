"""The verdict's process: holds the checks and the reference, asks the submission's process, and decides.

Started by `verdict.Judge`, it reads one JSON line per judgement and writes one line back. It keeps one submission
process warm ahead of the next judgement; each is used once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from attnquiz.judge import messages
from attnquiz.judge.birth import Parent, find_parent
from attnquiz.judge.dialogue import Dialogue
from attnquiz.judge.mistake import Mistake, Pair, Violation, clean, render
from attnquiz.judge.process import Ended, Limits, NoTorch, Process
from attnquiz.judge.submission import Submission
from attnquiz.judge.wire import Json

PACKAGE = Path(__file__).resolve().parents[1]
Check = Callable[[Submission], None]


def main(arguments: list[str]) -> None:
    """`referee LIMITS [stay]`: without `stay` no process is warmed after the first judgement."""
    limits = Limits(**json.loads(arguments[0]))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a check prints must not look like an answer
    sys.dont_write_bytecode = True  # checks.py lies among the answers
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # through the finally below, with all that runs
    bench = Bench(lambda: find_parent(sys.executable, os.environ), limits, stay="stay" in arguments)
    try:
        bench.warm()
        with suppress(NoTorch):  # said in the answer to the first request
            warm_torch()
        for line in sys.stdin:
            answers.write(json.dumps(answer(json.loads(line), bench, limits)) + "\n")
            answers.flush()
            bench.clear()
    finally:
        bench.close()
        answers.flush()
        os._exit(0)  # an interpreter with torch takes a second to leave by itself


def warm_torch() -> None:
    try:
        import torch
    except ImportError as error:
        raise NoTorch(str(error)) from error
    torch.set_num_threads(1)
    torch.ones(2, 2).softmax(-1)


def answer(request: Json, bench: Bench, limits: Limits) -> Json:
    try:
        warm_torch()
        return Judgement(request, limits).run(bench)
    except NoTorch as error:
        return {"no_torch": str(error)}
    except Exception:  # a defect of ours or of the exercise's checks: never the submission's
        return {"broken": traceback.format_exc(limit=-3)}


class Bench:
    """Warm processes for the submissions to come."""

    def __init__(self, find: Callable[[], Parent], limits: Limits, *, stay: bool) -> None:
        self.find, self.limits, self.stay = find, limits, stay
        self.parent = find()
        self.spare: Process | None = None
        self.used: list[Process] = []

    def warm(self) -> None:
        self.spare = self.spare or self._start([])

    def clear(self) -> None:
        """Between judgements: bury what was used, which takes a moment, and warm the next."""
        while self.used:
            self.used.pop().bury()
        if self.stay:
            self.warm()

    def take(self, folder: Path) -> Process:
        """A ready process to which `folder` is closed."""
        process, self.spare = self.spare or self._start([]), None
        try:
            process.ready()
        except Ended:  # killed while it was waiting
            self.used.append(process)
            process = self._start_ready([])
        if any(root == folder or root in folder.parents for root in process.roots) and PACKAGE not in folder.parents:
            self.used.append(process)
            process = self._start_ready([folder])
        return process

    def _start_ready(self, closed: list[Path]) -> Process:
        process = self._start(closed)
        try:
            process.ready()
        except Ended as ended:
            raise NoTorch(f"the process ended while it loaded torch: {ended.why}, {ended.code}") from ended
        return process

    def _start(self, closed: list[Path]) -> Process:
        shut = [PACKAGE, *closed]
        try:
            return Process(self.parent, self.limits, shut)
        except OSError:  # the nursery is gone: somebody killed it
            self.parent.close()
            self.parent = self.find()
            return Process(self.parent, self.limits, shut)

    def close(self) -> None:
        for process in filter(None, [self.spare, *self.used]):
            process.bury()
        self.spare, self.used = None, []
        self.parent.close()


def load_checks(path: Path) -> ModuleType:
    spec = spec_from_file_location("exercise_checks", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def find_checks(module: ModuleType) -> dict[str, Check]:
    """In the order in which they stand in the file, which is the order in which they run."""
    return {name.removeprefix("check_"): thing for name, thing in vars(module).items() if name.startswith("check_")}


@dataclass(slots=True)
class Judgement:
    """One submission against the checks of one exercise."""

    request: Json
    limits: Limits

    def run(self, bench: Bench) -> Json:
        folder = Path(self.request["folder"])
        module = load_checks(folder / "checks.py")
        process = bench.take(folder)
        try:
            results = self._results(self._dialogue(process, module), find_checks(module))
        finally:
            process.end()
            bench.used.append(process)
        printed = "".join(letter for letter in process.captured.text() if letter.isprintable() or letter in "\n\t")
        return {"checks": results, "protections": process.granted, "output": printed}

    def _dialogue(self, process: Process, module: ModuleType) -> Dialogue:
        deadline = time.monotonic() + self.limits.wall_s
        draw = random.Random(self.request["seed"])
        return Dialogue(
            process,
            signatures=self.request["signatures"],
            remaining_s=lambda: deadline - time.monotonic(),
            draw_seed=lambda: draw.getrandbits(31),
            returns=getattr(module, "RETURNS", {}),
            views_allowed=getattr(module, "VIEWS_ARE_FINE", False),
        )

    def _results(self, dialogue: Dialogue, checks: dict[str, Check]) -> list[Json]:
        """The built-in checks stand first; one that is not broken by the time the others end has held."""
        failed, words, passed = self._first_failure(dialogue, checks)
        titles = {name: title for name, *title in messages.BUILTIN.values()}
        titles |= {name: (check.__doc__ or name).strip().splitlines() for name, check in checks.items()}
        builtin = {name for name, *_ in messages.BUILTIN.values()}
        loaded = failed != messages.BUILTIN["load"][0]
        results = []
        for name, title in titles.items():
            ok = False if name == failed else True if name in passed or (name in builtin and loaded) else None
            detail = words if name == failed else ("", "")
            results.append({"name": name, "title": [title[0].strip(), title[-1].strip()], "ok": ok, "detail": detail})
        return results

    def _first_failure(self, dialogue: Dialogue, checks: dict[str, Check]) -> tuple[str | None, Pair, set[str]]:
        """The name of the check that failed, what is said of it, and the exercise's checks that passed before."""
        passed: set[str] = set()
        try:
            dialogue.load(base64.b64decode(self.request["source"]), [self.request["folder"]])
            for name, check in checks.items():
                if mistake := self._run(name, check, dialogue):
                    return name, render(mistake.looks, *dialogue.last, mistake.lines), passed
                passed.add(name)
        except Violation as violation:
            words = render(violation.looks, *dialogue.last, violation.lines)
            return messages.BUILTIN[violation.check][0], words, passed
        return None, ("", ""), passed

    def _run(self, name: str, check: Check, dialogue: Dialogue) -> Mistake | None:
        import torch

        digest = hashlib.sha256(f"{self.request['seed']}/{name}".encode()).digest()
        torch.manual_seed(int.from_bytes(digest[:6], "big"))  # a check's inputs do not depend on those before it
        dialogue.last = ("", {})
        try:
            check(Submission(dialogue))
        except Mistake as mistake:
            return mistake
        except Violation:
            raise
        except Exception as error:
            return Mistake(messages.DOES_NOT_FIT, [_place(error)])
        return None


def _place(error: Exception) -> Pair:
    """Where a check stumbled over a result that it could not compute with."""
    frames = traceback.extract_tb(error.__traceback__)
    frame = next((frame for frame in reversed(frames) if frame.name.startswith("check_")), frames[-1])
    text = clean(f"checks.py:{frame.lineno}: {type(error).__name__}: {error}")[:200]
    return text, text
