"""Judging a submission: `judge` for one, `Judge` for a session in which saving is followed by a verdict at once.

The work is done in two other processes. The referee loads the checks and holds the reference; the submission runs in
a process that the referee starts, locked as `sandbox` says, and only ever sees inputs. Neither is this one, which does
not import torch.
"""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from attnquiz.content.model import Words
from attnquiz.errors import AttnquizError, TorchMissing
from attnquiz.judge.birth import START, START_S
from attnquiz.judge.exercise import BadExercise, Exercise
from attnquiz.judge.process import Limits

MAX_SOURCE = 1 << 20
GRACE_S = 5.0

# What guards the answer, when the system does and when it cannot.
PROTECTIONS = {
    "landlock": (
        ("files closed by Landlock", "文件由 Landlock 封闭"),
        ("files closed by an audit hook only", "文件仅由审计钩子封闭"),
    ),
    "seccomp": (
        ("processes and network by seccomp", "进程和网络由 seccomp 封闭"),
        ("processes and network by an audit hook only", "进程和网络仅由审计钩子封闭"),
    ),
    "memory": (
        ("memory bounded by the kernel", "内存由内核限制"),
        ("memory only counted inside the process", "内存仅在进程内计数"),
    ),
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`ok` is None for a check that was not run because an earlier one failed. `detail` is empty unless it failed."""

    name: str
    title: Words
    ok: bool | None
    detail: Words


@dataclass(frozen=True, slots=True)
class Verdict:
    """`protections` says what kept the submission from the answer; `output` is what it printed."""

    ok: bool
    checks: tuple[CheckResult, ...]
    protections: Words
    protected: bool  # by the operating system
    output: str

    @property
    def failed(self) -> CheckResult | None:
        return next((check for check in self.checks if check.ok is False), None)

    def as_json(self, card_id: str, lang: str) -> dict[str, Any]:
        checks = [{"name": check.name, "ok": check.ok, "detail": check.detail.text(lang)} for check in self.checks]
        return {"id": card_id, "ok": self.ok, "checks": checks, "protections": self.protections.text(lang)}


def judge(
    exercise: Exercise, submission_path: Path, *, python: str, seed: int = 0, limits: Limits | None = None
) -> Verdict:
    with Judge(python, limits=limits, stay=False) as one:
        return one.judge(exercise, submission_path, seed=seed)


class Judge:
    """Both torch processes, kept warm between judgements. Start it early: loading torch takes seconds."""

    def __init__(self, python: str, *, limits: Limits | None = None, stay: bool = True) -> None:
        self.python, self.limits, self.stay = python, limits or Limits(), stay
        self._referee: subprocess.Popen[bytes] | None = None
        self._asking = False
        self._answered = False

    def __enter__(self) -> Judge:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        if self._referee and self._referee.poll() is None:
            return
        self._answered = False
        command = [
            self.python,
            str(START),
            "referee",
            json.dumps(asdict(self.limits)),
            *(["stay"] if self.stay else []),
        ]
        try:
            self._referee = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the session, which then stops us
            )
        except OSError as error:
            raise _no_torch(self.python, str(error)) from error

    def stop(self) -> None:
        """The referee ends its processes and itself when its input ends; if it does not, it is killed."""
        if not (referee := self._referee):
            return
        self._referee = None
        if self._asking or not self._answered:
            referee.terminate()  # it would finish the judgement first, or loading torch
        with suppress(OSError):
            if referee.stdin:
                referee.stdin.close()
        try:
            referee.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            referee.kill()
            referee.wait()

    def judge(self, exercise: Exercise, submission_path: Path, *, seed: int = 0) -> Verdict:
        request = {
            "folder": str(exercise.folder),
            "signatures": exercise.signatures,
            "source": base64.b64encode(read_submission(submission_path)).decode(),
            "seed": seed,
        }
        self.start()
        answer = self._ask(request)
        if "no_torch" in answer:
            raise _no_torch(self.python, answer["no_torch"])
        if "broken" in answer:
            text = answer["broken"].strip().splitlines()[-1]
            raise BadExercise(
                f"{exercise.folder / 'checks.py'}: the checks cannot be run: {text}",
                f"{exercise.folder / 'checks.py'}：检查无法运行：{text}",
            )
        return read_answer(answer)

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        referee = self._referee
        if not (referee and referee.stdin and referee.stdout):
            raise RuntimeError("ask a referee that was not started")
        timer = threading.Timer(START_S + self.limits.wall_s + GRACE_S, referee.kill)
        timer.start()
        self._asking = True
        try:
            referee.stdin.write(json.dumps(request).encode() + b"\n")
            referee.stdin.flush()
            line = referee.stdout.readline()
        except OSError:
            line = b""
        finally:
            timer.cancel()
        self._asking = False  # stays set when Ctrl-C comes in between
        if not line.endswith(b"\n"):
            return self._explain_end(referee)
        self._answered = True
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _explain_end(self, referee: subprocess.Popen[bytes]) -> dict[str, Any]:
        self.stop()
        raise JudgeEnded(
            f"the judge's own process ended early (exit code {referee.returncode}); run `attnquiz doctor`",
            f"判题进程意外结束（退出码 {referee.returncode}）；请运行 `attnquiz doctor`",
        )


class JudgeEnded(AttnquizError):
    """The referee is gone without an answer: a defect, or somebody killed it."""


def read_submission(path: Path) -> bytes:
    """A regular file of reasonable size; what is in it is the child's business."""
    try:
        if not path.is_file():
            raise AttnquizError(f"{path}: there is no such file to judge", f"{path}：没有这个文件，无法判题")
        if path.stat().st_size > MAX_SOURCE:
            raise AttnquizError(f"{path}: larger than 1 MiB; not judged", f"{path}：超过 1 MiB，不予判题")
        return path.read_bytes()
    except OSError as error:
        raise AttnquizError(
            f"{path}: cannot be read ({error.strerror})", f"{path}：无法读取（{error.strerror}）"
        ) from None


def read_answer(answer: dict[str, Any]) -> Verdict:
    checks = tuple(
        CheckResult(check["name"], Words(*check["title"]), check["ok"], Words(*check["detail"]))
        for check in answer["checks"]
    )
    granted = {name: bool(answer["protections"].get(name)) for name in PROTECTIONS}
    said = [PROTECTIONS[name][0 if held else 1] for name, held in granted.items()]
    return Verdict(
        ok=all(check.ok for check in checks),
        checks=checks,
        protections=Words("; ".join(en for en, _ in said), "；".join(zh for _, zh in said)),
        protected=granted["landlock"] and granted["seccomp"],
        output=answer["output"],
    )


def _no_torch(python: str, reason: str) -> TorchMissing:
    return TorchMissing(
        f"{python} cannot import torch ({reason}); install it: pip install 'attnquiz[torch]'",
        f"{python} 无法导入 torch（{reason}）；请安装：pip install 'attnquiz[torch]'",
    )
