"""What is remembered, kept in one SQLite file: a log that only grows, and the memories derived from it."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

from attnquiz.memory import rows, schema
from attnquiz.memory.days import study_day
from attnquiz.memory.log import Entry, Kind, Replay
from attnquiz.memory.log import Review as Review
from attnquiz.memory.model import DEFAULT_MODEL, Model
from attnquiz.memory.schedule import Memory, Rating, after, out_of_order


@dataclass(frozen=True, slots=True)
class Today:
    """What was done on a study day: new cards introduced, and reviews of any card."""

    introduced: int
    reviews: int


def random_id() -> str:
    """128 random bits in hex: unique among all machines whose logs may be joined."""
    return os.urandom(16).hex()


class Store:
    """An open state database. Whatever a method records is on disk when it returns.

    The file is made by the first thing recorded, so reading needs no writable folder. Every failure of the database is
    a StateError, and what the failed call would have recorded is then not in it.
    """

    def __init__(self, path: Path, zone: tzinfo | None, model: Model, new_id: Callable[[], str], wait_s: float) -> None:
        self.path = path
        self.zone = zone
        self.model = model
        self._new_id = new_id
        self._wait_s = wait_s
        found = schema.connect(path, wait_s)
        self._has_file = found is not None
        self._db = found or schema.in_memory()

    @classmethod
    def open(
        cls,
        path: Path,
        zone: tzinfo | None,
        *,
        model: Model = DEFAULT_MODEL,
        new_id: Callable[[], str] = random_id,
        wait_s: float = 2.0,
    ) -> Self:
        """The state at `path`, with study days by `zone` (None: local time); waits `wait_s` for another process."""
        return cls(path, zone, model, new_id, wait_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def memories(self) -> dict[str, Memory]:
        """By card; a new card is not among them."""
        with schema.state_errors(self.path):
            if self._is_stale():
                return self._replay().memories
            return {
                row[0]: rows.read_memory(row[1:])
                for row in self._db.execute(f"select card, {rows.MEMORY} from memories")
            }

    def memory(self, card: str) -> Memory | None:
        with schema.state_errors(self.path):
            if self._is_stale():
                return self._replay(card).memories.get(card)
            return self._memory_of(card)

    def suspended(self) -> frozenset[str]:
        with schema.state_errors(self.path):
            if self._is_stale():
                return frozenset(self._replay().suspended)
            return frozenset(card for (card,) in self._db.execute("select card from suspended"))

    def postponed(self, day: date) -> frozenset[str]:
        """The cards not to be asked on `day`, which are back the day after."""
        with schema.state_errors(self.path):
            query = "select card from postponed where day = ?"
            return frozenset(card for (card,) in self._db.execute(query, (day.isoformat(),)))

    def reviews(self, card: str | None = None) -> list[Review]:
        """All reviews that were not taken back, oldest first, those before a reset too."""
        with schema.state_errors(self.path):
            return list(Replay(self.model).reviews(self._entries(card)))

    def introduced(self, day: date) -> int:
        """The cards first seen on `day`; one that was reset counts when it is seen again."""
        with schema.state_errors(self.path):
            if self._is_stale():
                return list(self._replay().introduced.values()).count(day)
            return self._count("memories where introduced = ?", day)

    def count_today(self, day: date) -> Today:
        with schema.state_errors(self.path):
            reviews = self._count("log where day = ? and kind = 'review' and undone is null", day)
        return Today(self.introduced(day), reviews)

    def grade(self, card: str, rating: Rating, at: datetime, *, seconds: float | None = None, hints: int = 0) -> Review:
        """Records one review of the card; OutOfOrder if its log already reaches a later study day.

        `at` is aware. Should it not lie after the card's last review of the same day, because a clock was set back,
        the review is recorded a microsecond after that one: the order of the log is the order of the times in it.
        """
        day = study_day(at, self.zone)
        with self._writing():
            before = self._memory_of(card)
            self._check_order(card, before, day)
            memory = after(before, rating, day, self.model)
            entry = self._append("review", card, at, day, rating, seconds, hints)
            self._keep(card, memory, introduced=day)
        return Review(entry.id, card, rating, entry.at, day, before, memory, seconds, hints)

    def undo(self, at: datetime) -> Review | None:
        """Takes back the review recorded last, in whichever session that was; None if there is none left."""
        with self._writing() as db:
            last = db.execute(
                "select id, card from log where kind = 'review' and undone is null order by seq desc limit 1"
            ).fetchone()
            if last is None:
                return None
            review_id, card = last
            review = next(r for r in Replay(self.model).reviews(self._entries(card)) if r.id == review_id)
            db.execute("update log set undone = ? where id = ?", (rows.utc(at), review_id))
            self._derive_again(card)
        return review

    def suspend(self, card: str, at: datetime) -> None:
        """Out of the rotation, until it is resumed."""
        with self._writing() as db:
            if db.execute("insert or ignore into suspended values (?)", (card,)).rowcount:
                self._append("suspend", card, at, study_day(at, self.zone))

    def resume(self, card: str, at: datetime) -> None:
        with self._writing() as db:
            if db.execute("delete from suspended where card = ?", (card,)).rowcount:
                self._append("resume", card, at, study_day(at, self.zone))

    def postpone(self, card: str, day: date) -> None:
        """Not to be asked on `day`. No part of the log: it is over the day after."""
        with self._writing() as db:
            db.execute("delete from postponed where day < ?", (day.isoformat(),))
            db.execute("insert or replace into postponed values (?, ?)", (card, day.isoformat()))

    def reset(self, card: str, at: datetime) -> None:
        """The card is new again; its reviews stay in the log."""
        with self._writing() as db:
            before = self._memory_of(card)
            if before is None:
                return
            self._append("reset", card, at, max(before.last, study_day(at, self.zone)))
            db.execute("delete from memories where card = ?", (card,))

    def rebuild(self) -> None:
        """Derives everything from the log anew."""
        with self._writing():
            self._derive_all()

    def _entries(self, card: str | None = None) -> Iterator[Entry]:
        """Those not taken back, by time."""
        of_card, values = ("and card = ?", (card,)) if card is not None else ("", ())
        query = f"select {rows.ENTRY} from log where undone is null {of_card} order by at, id"
        return map(rows.read_entry, self._db.execute(query, values))

    def _append(
        self,
        kind: Kind,
        card: str,
        at: datetime,
        day: date,
        rating: Rating | None = None,
        seconds: float | None = None,
        hints: int = 0,
    ) -> Entry:
        entry = Entry(self._new_id(), kind, card, rating, self._later(card, kind, at), day, seconds, hints)
        values = (entry.id, kind, card, rating, rows.utc(entry.at), day.isoformat(), seconds, hints)
        self._db.execute(f"insert into log ({rows.ENTRY}) values (?, ?, ?, ?, ?, ?, ?, ?)", values)
        return entry

    def _later(self, card: str, kind: Kind, at: datetime) -> datetime:
        """`at`, or just after the card's last entry of this sort if that is later."""
        kinds = ("review", "reset") if kind in ("review", "reset") else ("suspend", "resume")
        query = "select max(at) from log where card = ? and kind in (?, ?) and undone is null"
        (last,) = self._db.execute(query, (card, *kinds)).fetchone()
        return max(at, rows.read_time(last) + timedelta(microseconds=1)) if last else at

    def _check_order(self, card: str, before: Memory | None, day: date) -> None:
        (reset,) = self._db.execute("select max(day) from log where card = ? and kind = 'reset'", (card,)).fetchone()
        days = [before.last] if before else []
        if reset:
            days.append(rows.read_day(reset))
        if days and day < max(days):
            raise out_of_order(card, max(days), day)

    def _is_stale(self) -> bool:
        """Whether the derived tables were left behind by a migration, or by a model with other settings."""
        row = self._db.execute("select value from meta where key = 'derived_by'").fetchone()
        return row is None or row[0] != repr(self.model)

    def _replay(self, card: str | None = None) -> Replay:
        replay = Replay(self.model)
        replay.take(self._entries(card))
        return replay

    def _derive_all(self) -> None:
        replay = self._replay()
        for statement in schema.DERIVED:
            self._db.execute(statement)
        for card, memory in replay.memories.items():
            self._keep(card, memory, replay.introduced[card])
        self._db.executemany("insert into suspended values (?)", [(card,) for card in replay.suspended])
        self._db.execute("insert or replace into meta values ('derived_by', ?)", (repr(self.model),))

    def _derive_again(self, card: str) -> None:
        replay = self._replay(card)
        self._db.execute("delete from memories where card = ?", (card,))
        if card in replay.memories:
            self._keep(card, replay.memories[card], replay.introduced[card])

    def _memory_of(self, card: str) -> Memory | None:
        row = self._db.execute(f"select {rows.MEMORY} from memories where card = ?", (card,)).fetchone()
        return rows.read_memory(row) if row else None

    def _keep(self, card: str, memory: Memory, introduced: date) -> None:
        """Writes the derived row; one that is there keeps its day of introduction."""
        self._db.execute(rows.KEEP_MEMORY, rows.memory_row(card, memory, introduced))

    def _count(self, what: str, day: date) -> int:
        (number,) = self._db.execute(f"select count(*) from {what}", (day.isoformat(),)).fetchone()
        return int(number)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction on the file, which is made now if there is none."""
        with schema.state_errors(self.path):
            if not self._has_file:
                stand_in, self._db = self._db, schema.create(self.path, self._wait_s)
                self._has_file = True
                stand_in.close()
            with schema.transaction(self._db):
                if self._is_stale():
                    self._derive_all()
                yield self._db
