"""What is heard of a demo while it runs, and the whole of it at the end."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from attnquiz.errors import AttnquizError, TorchMissing

Reason = Literal["timeout", "memory", "output", "torch", "exception", "crashed", "stopped"]


@dataclass(frozen=True, slots=True)
class CellStarted:
    """`index` is that of the cell in `demo.cells`; markdown cells do not start."""

    index: int


@dataclass(frozen=True, slots=True)
class Output:
    """Plain text as the demo printed it, without what could steer a terminal. A line may come in pieces."""

    text: str


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A claim with its numbers; `line` is that of its assert."""

    number: int
    says: str
    measured: float
    op: Literal["<", ">"]
    bound: float
    control: float | None
    holds: bool
    line: int

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.number,
            "says": self.says,
            "measured": number_as_json(self.measured),
            "op": self.op,
            "bound": number_as_json(self.bound),
            "control": None if self.control is None else number_as_json(self.control),
            "holds": self.holds,
        }


@dataclass(frozen=True, slots=True)
class ClaimChecked:
    result: ClaimResult


@dataclass(frozen=True, slots=True)
class PictureMade:
    """`data` holds JSON's own types and lists; a float may be infinite or NaN."""

    title: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a demo did not come to its end. `line` is the demo's, `traceback` begins in the demo and may be empty."""

    reason: Reason
    message: AttnquizError
    line: int | None = None
    traceback: str = ""

    def error(self) -> AttnquizError:
        return TorchMissing(self.message.en, self.message.zh) if self.reason == "torch" else self.message


@dataclass(frozen=True, slots=True)
class Run:
    """One demo, run once. It is `ok` if it came to its end and every claim holds."""

    id: str
    path: Path
    ok: bool
    seconds: float
    seed: int
    claims: tuple[ClaimResult, ...]
    pictures: tuple[PictureMade, ...]
    output: str
    failure: Failed | None = None

    def as_json(self, id: str | None = None) -> dict[str, Any]:  # noqa: A002
        """As `run --json` prints it. `failure` is there only if there is one."""
        row: dict[str, Any] = {
            "id": id or self.id,
            "ok": self.ok,
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
            "claims": [claim.as_json() for claim in self.claims],
            "output": self.output,
        }
        if self.failure:
            row["failure"] = {"reason": self.failure.reason, "message": self.failure.message.en}
        return row


@dataclass(frozen=True, slots=True)
class Ended:
    run: Run


Event = CellStarted | Output | ClaimChecked | PictureMade | Failed | Ended


def number_as_json(value: float) -> float | str:
    """JSON has no infinity and no NaN: strings that JavaScript's Number() and Python's float() read."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
