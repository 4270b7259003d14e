"""What is wrong with a bank or with what it links to, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from attnquiz.content.messages import Fact, printable, write_message
from attnquiz.errors import BadBank


class Place(Protocol):
    """Anything that stands somewhere in a file; lines and columns count from 1."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """A bare place."""

    line: int
    column: int


START = Spot(1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault and what to do about it, in both languages. Sorts by place."""

    file: str
    line: int
    column: int
    code: str
    message: str
    zh: str

    def text(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.message

    @property
    def where(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Unusable(BadBank):
    """A BadBank that keeps its problem, for those who list them."""

    def __init__(self, problem: Problem, others: int = 0) -> None:
        more_en = f" ({others} more: `attnquiz lint` shows all)" if others else ""
        more_zh = f"（另有 {others} 处，`attnquiz lint` 会全部列出）" if others else ""
        super().__init__(
            f"{problem.where}: {problem.message}{more_en}",
            f"{problem.where}: {problem.zh}{more_zh}",
        )
        self.problem = problem


class Findings:
    """The problems of one file, gathered while it is read."""

    def __init__(self, file: Path) -> None:
        self.file = printable(str(file))
        self.problems: list[Problem] = []

    def add(self, place: Place, code: str, **facts: Fact) -> None:
        """Note a problem; its words are those of `messages` with the facts filled in."""
        self.problems.append(self.describe(place, code, **facts))

    def fatal(self, place: Place, code: str, **facts: Fact) -> Unusable:
        """The error to raise where the file cannot be read any further."""
        return Unusable(self.describe(place, code, **facts))

    def describe(self, place: Place, code: str, **facts: Fact) -> Problem:
        return Problem(self.file, place.line, place.column, code, *write_message(code, facts))


def find_spot(text: str, offset: int) -> Spot:
    """Where in a text an offset lies."""
    return Spot(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))
