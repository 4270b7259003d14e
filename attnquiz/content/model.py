"""What is asked: banks of questions, their written answers, and the cards made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Literal, NamedTuple

from attnquiz.content.files import find_part, list_files

Kind = Literal["question", "follow_up", "exercise", "bug"]

# Plain records are named tuples: to define a frozen dataclass costs every start half a millisecond more.


class Words(NamedTuple):
    """One text in both languages."""

    en: str
    zh: str

    def text(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


class Point(NamedTuple):
    """One sentence that a complete answer contains. A cue is a set of terms that occur together (see `cues`)."""

    id: str
    words: Words
    claim: int | None
    cues: tuple[tuple[str, ...], ...]


class FollowUp(NamedTuple):
    """What the interviewer asks next, with its short answer."""

    ask: Words
    answer: Words


class Reference(NamedTuple):
    """A source; at least one of `arxiv`, `doi` and `url` is given."""

    authors: str
    year: int
    title: str
    arxiv: str | None
    doi: str | None
    url: str | None


class Question(NamedTuple):
    """One interview question. `folder` is its answers/<id>-slug, if there is one; a draft is not yet written."""

    id: str
    section: str
    ask: Words
    difficulty: int
    weight: int
    minutes: int
    tags: tuple[str, ...]
    hint: Words | None
    points: Sequence[Point]
    follow_ups: Sequence[FollowUp]
    refs: Sequence[Reference]
    draft: bool
    folder: Path | None

    def answer(self, lang: str) -> str:
        """The written answer, else the one in the other language, else "". Never holds a control character."""
        from attnquiz.content.source import read_answer  # needed at the reveal, not at the first question

        path = self.part(f"answer.{lang}.md") or self.part("answer.en.md") or self.part("answer.zh.md")
        return "" if path is None else read_answer(path)

    @property
    def demo_path(self) -> Path | None:
        return self.part("demo.py")

    @property
    def exercise_path(self) -> Path | None:
        """The folder exercise/, once it has a stub to start from."""
        stub = self.part("exercise", "stub.py")
        return stub and stub.parent

    @property
    def bug_paths(self) -> tuple[Path, ...]:
        """The wrong files of the exercise that are cards too: bug1_<slug>.py, bug2_<slug>.py and so on."""
        wrong = self.part("exercise", "wrong")
        if wrong is None:
            return ()
        numbered = {name.partition("_")[0]: wrong / name for name in reversed(list_files(wrong, ".py", "bug"))}
        names = takewhile(numbered.__contains__, (f"bug{at}" for at in range(1, 10)))
        return tuple(numbered[name] for name in names)

    def part(self, *names: str) -> Path | None:
        """A file or folder of the answer, if it is there."""
        return None if self.folder is None else find_part(self.folder, *names)


class Bank(NamedTuple):
    """One file of questions: one section."""

    section: str
    title: Words
    path: Path
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """What is scheduled. `index` is the number in the id of a follow-up (f1) or a bug (bug1), counted from 1."""

    id: str
    kind: Kind
    question: Question
    index: int | None

    @property
    def section(self) -> str:
        return self.question.section

    @property
    def ask(self) -> Words:
        if self.kind == "follow_up" and self.index is not None:
            return self.question.follow_ups[self.index - 1].ask
        return self.question.ask


class Collection(NamedTuple):
    """Banks in the order of their sections. The bundled one has no name; another's ids begin with `name:`."""

    name: str
    banks: tuple[Bank, ...]

    @property
    def prefix(self) -> str:
        return f"{self.name}:" if self.name else ""

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(bank.section for bank in self.banks)

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for bank in self.banks for question in bank.questions)

    def cards(self, drafts: bool = False) -> tuple[Card, ...]:
        """Every card of every question, in order; of a draft its question alone, if asked for. Looks at the folders."""
        asked = (question for question in self.questions if drafts or not question.draft)
        return tuple(card for question in asked for card in make_cards(question, self.prefix))


def make_cards(question: Question, prefix: str) -> Iterator[Card]:
    """The question, its follow-ups, its exercise and its bugs, in this order."""
    full_id = prefix + question.id
    yield Card(full_id, "question", question, None)
    if question.draft:
        return
    for number in range(1, len(question.follow_ups) + 1):
        yield Card(f"{full_id}/f{number}", "follow_up", question, number)
    if question.exercise_path is None:
        return
    yield Card(f"{full_id}/code", "exercise", question, None)
    for number in range(1, len(question.bug_paths) + 1):
        yield Card(f"{full_id}/bug{number}", "bug", question, number)


def natural_key(dotted: str) -> tuple[int, ...]:
    """Sorts 4.2 before 4.10."""
    return tuple(int(number) for number in dotted.split("."))
