"""A cache of parsed banks: start-up reads JSON, not YAML, and of that only what the first question needs.

Line 1 is the key, line 2 a checksum of the rest, line 3 the outline of all banks. Then follow three lines for each
question, its points, follow-ups and references, each decoded when somebody looks. JSON holds data alone: an index
that somebody has changed can mislead, it cannot run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, overload
from zlib import crc32

from attnquiz import __version__
from attnquiz.content.files import BankFile
from attnquiz.content.model import Bank, FollowUp, Point, Question, Reference, Words

FORMAT = 1  # to be raised whenever the lines below mean something else

T = TypeVar("T")
Json = Any


def read_index(path: Path, files: Sequence[BankFile]) -> bytes | None:
    """What `encode` made of these very files, or None if the index is missing, stale or damaged."""
    try:
        key, checksum, body = path.read_bytes().split(b"\n", 2)
    except (OSError, ValueError):
        return None
    return body if key == _make_key(files) and checksum == _make_checksum(body) else None


def write_index(path: Path, files: Sequence[BankFile], body: bytes) -> None:
    """Store the index in one step. Where it cannot be written, the next start parses again."""
    import os
    import tempfile

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError:
        return
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b"\n".join((_make_key(files), _make_checksum(body), body)))
        os.replace(temporary, path)  # noqa: PTH105  the paths are strings already
    except OSError:
        Path(temporary).unlink(missing_ok=True)


def encode(banks: Sequence[Bank]) -> bytes:
    """The body of an index."""
    outline = [
        [bank.section, _pack(bank.title), str(bank.path), [_outline(question) for question in bank.questions]]
        for bank in banks
    ]
    lines = [outline]
    for bank in banks:
        for question in bank.questions:
            lines += _details(question)
    return b"\n".join(_dump(line) for line in lines)


def decode(body: bytes, folders: dict[str, Path]) -> tuple[Bank, ...]:
    """The banks of an index, each question with its folder."""
    first, *rest = body.split(b"\n")
    lines = iter(rest)
    return tuple(
        Bank(section, Words(*title), Path(path), tuple(_question(section, row, lines, folders) for row in rows))
        for section, title, path, rows in json.loads(first)
    )


class Later(Sequence[T]):
    """A tuple whose length is known and whose items are decoded at the first look."""

    __slots__ = ("_items", "_length", "_line", "_unpack")

    def __init__(self, line: bytes, length: int, unpack: Callable[[Json], T]) -> None:
        self._line = line
        self._length = length
        self._unpack = unpack
        self._items: tuple[T, ...] | None = None

    def _all(self) -> tuple[T, ...]:
        if self._items is None:
            self._items = tuple(self._unpack(item) for item in json.loads(self._line))
        return self._items

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        return self._all()[at]

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, Later) else other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


def _make_key(files: Sequence[BankFile]) -> bytes:
    return _dump([FORMAT, __version__, files])


def _make_checksum(body: bytes) -> bytes:
    return b"%08x" % crc32(body)


def _dump(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _pack(words: Words) -> list[str]:
    return [words.en, words.zh]


def _outline(question: Question) -> list[Json]:
    return [
        question.id,
        _pack(question.ask),
        question.difficulty,
        question.weight,
        question.minutes,
        question.tags,
        question.hint and _pack(question.hint),
        question.draft,
        len(question.points),
        len(question.follow_ups),
        len(question.refs),
    ]


def _details(question: Question) -> list[list[Json]]:
    return [
        [[point.id, *_pack(point.words), point.claim, point.cues] for point in question.points],
        [[*_pack(follow_up.ask), *_pack(follow_up.answer)] for follow_up in question.follow_ups],
        [[ref.authors, ref.year, ref.title, ref.arxiv, ref.doi, ref.url] for ref in question.refs],
    ]


def _question(section: str, row: list[Json], lines: Iterator[bytes], folders: dict[str, Path]) -> Question:
    question_id, ask, difficulty, weight, minutes, tags, hint, draft, points, follow_ups, refs = row
    return Question(
        question_id,
        section,
        Words(*ask),
        difficulty,
        weight,
        minutes,
        tuple(tags),
        Words(*hint) if hint else None,
        Later(next(lines), points, _point),
        Later(next(lines), follow_ups, _follow_up),
        Later(next(lines), refs, _reference),
        draft,
        folders.get(question_id),
    )


def _point(row: list[Json]) -> Point:
    point_id, en, zh, claim, cues = row
    return Point(point_id, Words(en, zh), claim, tuple(tuple(cue) for cue in cues))


def _follow_up(row: list[str]) -> FollowUp:
    ask_en, ask_zh, answer_en, answer_zh = row
    return FollowUp(Words(ask_en, ask_zh), Words(answer_en, answer_zh))


def _reference(row: list[Json]) -> Reference:
    return Reference(*row)
