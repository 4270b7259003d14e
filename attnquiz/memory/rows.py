"""Rows of the state database as values, and back. What makes no sense is a sqlite3 error, as any other damage is."""

import sqlite3
from datetime import MAXYEAR, UTC, date, datetime
from typing import Any

from attnquiz.memory.log import Entry
from attnquiz.memory.schedule import RATINGS, STATES, Memory

ENTRY = "id, kind, card, rating, at, day, seconds, hints"
MEMORY = "stability, difficulty, due, last, state, reviews, lapses"
MEMORY_TYPES = [float, float, str, str, str, int, int]
KEEP_MEMORY = f"""
    insert into memories (card, {MEMORY}, introduced) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (card) do update set ({MEMORY}) = ({", ".join(f"excluded.{name}" for name in MEMORY.split(", "))})
"""


def utc(at: datetime) -> str:
    """ISO 8601 of a fixed width, so that text sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def read_time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise sqlite3.DatabaseError(f"{text!r} is no time") from error
    if at.tzinfo is None or at.year == MAXYEAR:
        raise sqlite3.DatabaseError(f"{text!r} is no time that was recorded")
    return at


def read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise sqlite3.DatabaseError(f"{text!r} is no day") from error


def read_entry(row: tuple[Any, ...]) -> Entry:
    entry_id, kind, card, rating, at, day, seconds, hints = row
    if rating is not None and rating not in RATINGS:
        raise sqlite3.DatabaseError(f"{rating!r} is no rating")
    return Entry(entry_id, kind, card, rating, read_time(at), read_day(day), seconds, hints)


def read_memory(row: tuple[Any, ...]) -> Memory:
    stability, difficulty, due, last, state, reviews, lapses = row
    if [type(value) for value in row] != MEMORY_TYPES or stability <= 0 or state not in STATES:
        raise sqlite3.DatabaseError(f"{row} is no memory")
    return Memory(stability, difficulty, read_day(due), read_day(last), state, reviews, lapses)


def memory_row(card: str, memory: Memory, introduced: date) -> tuple[str | float | int, ...]:
    due, last = memory.due.isoformat(), memory.last.isoformat()
    numbers = memory.reviews, memory.lapses
    return card, memory.stability, memory.difficulty, due, last, memory.state, *numbers, introduced.isoformat()
