"""When a card is asked again. Pure functions of a memory, a rating and a study day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from attnquiz.errors import OutOfOrder
from attnquiz.memory.model import DEFAULT_MODEL, Model

Rating = Literal["again", "hard", "good", "easy"]
RATINGS: tuple[Rating, ...] = get_args(Rating)

State = Literal["learning", "review", "relearning"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a card; a new card has none. `due` and `last` are study days.

    It is `learning` until it was recalled for the first time, then in `review`, and `relearning` from the day it was
    forgotten (a lapse) until it is recalled again.
    """

    stability: float
    difficulty: float
    due: date
    last: date
    state: State
    reviews: int
    lapses: int


def after(memory: Memory | None, rating: Rating, day: date, model: Model = DEFAULT_MODEL) -> Memory:
    """The memory once the card was rated on `day`; OutOfOrder for a day before its last one."""
    return preview(memory, day, model)[rating]


def preview(memory: Memory | None, day: date, model: Model = DEFAULT_MODEL) -> dict[Rating, Memory]:
    """What each rating would make of the memory, which is exactly what `after` stores: nothing is random."""
    elapsed_days = _elapsed_days(memory, day)
    trace = (memory.stability, memory.difficulty) if memory else None
    traces = model.next_states(trace, elapsed_days)
    strict = memory is not None and memory.state == "review" and elapsed_days > 0
    intervals = _intervals([model.interval(stability) for stability, _ in traces], strict, model.longest_interval)
    return {
        rating: Memory(
            stability,
            difficulty,
            due=_days_after(day, interval),
            last=day,
            state=_next_state(memory, rating),
            reviews=(memory.reviews if memory else 0) + 1,
            lapses=(memory.lapses if memory else 0) + _is_lapse(memory, rating),
        )
        for rating, (stability, difficulty), interval in zip(RATINGS, traces, intervals, strict=True)
    }


def recall(memory: Memory, day: date, model: Model = DEFAULT_MODEL) -> float:
    """The probability that the card is recalled on `day`."""
    return model.recall(memory.stability, max(0, (day - memory.last).days))


def replay(reviews: Iterable[tuple[date, Rating]], model: Model = DEFAULT_MODEL) -> Memory | None:
    """The memory that these reviews of one card add up to, in the order given: the caller sorts."""
    memory = None
    for day, rating in reviews:
        memory = after(memory, rating, day, model)
    return memory


def out_of_order(card: str | None, last: date, day: date) -> OutOfOrder:
    """The error for a review of `card` on `day` although its log already reaches `last`."""
    return OutOfOrder(
        f"{card or 'this card'} was last reviewed or reset on {last}, so a review on {day} comes too late: "
        "give a later time, or first take the later review back with undo",
        f"{card or '这张卡片'} 最近一次复习或重置是在 {last}，不能再补记 {day} 的复习："
        "请给出更晚的时间，或先用 undo 撤销后来的复习",
    )


def _elapsed_days(memory: Memory | None, day: date) -> int:
    if memory is None:
        return 0
    if day < memory.last:
        raise out_of_order(None, memory.last, day)
    return (day - memory.last).days


def _intervals(wanted: list[float], strict: bool, longest: int) -> tuple[int, int, int, int]:
    """Whole days for again, hard, good, easy, as people know them from Anki.

    Again is 0: the card comes back in the same session. The others are at least a day and never shorter than the one
    before, and easy is always a day more than good. For a card in review on a later day good is also a day more than
    hard; while it is learned, relearned or repeated within a day both may be the same, since a second day forced upon
    a memory that holds for one would only lose it. Only the longest interval makes them all equal.
    """
    _, hard, good, easy = (max(1, round(days)) for days in wanted)
    good = max(good, hard + strict)
    easy = max(easy, good + 1)
    return 0, min(hard, longest), min(good, longest), min(easy, longest)


def _days_after(day: date, days: int) -> date:
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))


def _next_state(memory: Memory | None, rating: Rating) -> State:
    if rating != "again":
        return "review"
    return "learning" if memory is None or memory.state == "learning" else "relearning"


def _is_lapse(memory: Memory | None, rating: Rating) -> bool:
    return rating == "again" and memory is not None and memory.state == "review"
