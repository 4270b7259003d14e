"""The log of what happened to cards, and what it adds up to.

Entries are only ever appended. They carry ids that are unique everywhere and are replayed by time, then id, so the
logs of several machines can be joined; an entry taken back stays, marked, and is passed over.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from attnquiz.memory.model import Model
from attnquiz.memory.schedule import Memory, Rating, after

Kind = Literal["review", "reset", "suspend", "resume"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `day` is the study day where it was written; only a review has a rating."""

    id: str
    kind: Kind
    card: str
    rating: Rating | None
    at: datetime
    day: date
    seconds: float | None
    hints: int


@dataclass(frozen=True, slots=True)
class Review:
    """One graded recall of a card, with its memory before (None: the card was new) and after.

    `seconds` is the time taken, if known; `hints` the number of hints that were looked at.
    """

    id: str
    card: str
    rating: Rating
    at: datetime
    day: date
    memory_before: Memory | None
    memory_after: Memory
    seconds: float | None = None
    hints: int = 0


class Replay:
    """Takes log entries, oldest first, and holds the memories and suspended cards that they add up to."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.memories: dict[str, Memory] = {}
        self.introduced: dict[str, date] = {}  # the day of the first review, since the last reset
        self.suspended: set[str] = set()

    def reviews(self, entries: Iterable[Entry]) -> Iterator[Review]:
        """Takes the entries one by one, yielding the reviews among them."""
        for entry in entries:
            if entry.rating is not None:
                yield self._review(entry, entry.rating)
            elif entry.kind == "reset":
                self.memories.pop(entry.card, None)
                self.introduced.pop(entry.card, None)
            elif entry.kind == "suspend":
                self.suspended.add(entry.card)
            elif entry.kind == "resume":
                self.suspended.discard(entry.card)

    def take(self, entries: Iterable[Entry]) -> None:
        for _ in self.reviews(entries):
            pass

    def _review(self, entry: Entry, rating: Rating) -> Review:
        before = self.memories.get(entry.card)
        # Machines in different zones may call the same moment different days; a later review is on no earlier day.
        day = max(entry.day, before.last) if before else entry.day
        memory = after(before, rating, day, self._model)
        self.memories[entry.card] = memory
        self.introduced.setdefault(entry.card, day)
        return Review(entry.id, entry.card, rating, entry.at, day, before, memory, entry.seconds, entry.hints)
