"""A drill without a terminal: keys in, grades out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from attnquiz.content.model import Card, FollowUp, Point, Question, Words
from attnquiz.memory.schedule import Memory, Rating, after
from attnquiz.session.drill import Drill
from attnquiz.session.marks import suggest_rating
from attnquiz.session.state import Effect, Panel, Phase

DAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def words(text: str) -> Words:
    return Words(text, text)


def make_card(id_: str, folder: Path | None = None) -> Card:
    points = tuple(Point(name, words(name), None, ()) for name in ("first", "second", "third"))
    question = Question(
        id=id_,
        section="4.1",
        ask=words(f"ask {id_}"),
        difficulty=2,
        weight=3,
        minutes=3,
        tags=(),
        hint=words("a hint"),
        points=points,
        follow_ups=(FollowUp(words("next?"), words("this")),),
        refs=(),
        draft=False,
        folder=folder,
    )
    return Card(id_, "question", question, None)


class Log:
    """A store in memory."""

    def __init__(self) -> None:
        self.graded: list[tuple[str, Rating]] = []
        self.suspended: list[str] = []
        self.postponed: list[str] = []

    def memory(self, card: str) -> Memory | None:
        memory = None
        for other, rating in self.graded:
            if other == card:
                memory = after(memory, rating, DAY)
        return memory

    def grade(self, card: str, rating: Rating, at: datetime, *, seconds: float | None = None, hints: int = 0) -> None:
        self.graded.append((card, rating))

    def undo(self, at: datetime) -> None:
        self.graded.pop()

    def suspend(self, card: str, at: datetime) -> None:
        self.suspended.append(card)

    def postpone(self, card: str, day: date) -> None:
        self.postponed.append(card)


class Clock:
    def __init__(self) -> None:
        self.at = MORNING

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=10)
        return self.at


def says_first(text: str, points: Sequence[Point]) -> list[str]:
    return [point.id for point in points if point.id in text]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def drill(log: Log, tmp_path: Path) -> Drill:
    (tmp_path / "demo.py").write_text("")
    cards = {id_: make_card(id_, tmp_path) for id_ in ("4.1.1", "4.1.2", "4.1.3")}
    return Drill(cards, list(cards), log, Clock(), lambda at: at.date(), says_first)


def press(drill: Drill, *keys: str) -> Effect:
    for key in keys:
        effect = drill.press(key)
    return effect


def test_space_reveals_and_space_again_takes_good(drill: Drill, log: Log) -> None:
    press(drill, "space", "space")
    assert log.graded == [("4.1.1", "good")]
    assert (drill.card.id, drill.seen.phase) == ("4.1.2", Phase.ASK)


@pytest.mark.parametrize(("key", "rating"), [("1", "again"), ("2", "hard"), ("3", "good"), ("4", "easy")])
def test_one_to_four_grade_once_revealed(drill: Drill, log: Log, key: str, rating: Rating) -> None:
    press(drill, key)
    assert log.graded == []
    assert drill.note == "reveal_first"
    press(drill, "enter", key)
    assert log.graded == [("4.1.1", rating)]


def test_a_card_graded_again_comes_back_before_the_end(drill: Drill) -> None:
    press(drill, "space", "1", "space", "3", "space", "3")
    assert drill.card.id == "4.1.1"
    assert press(drill, "space", "3") is Effect.END


def test_a_hint_makes_hard_the_suggestion(drill: Drill, log: Log) -> None:
    press(drill, "h")
    assert drill.seen.hint_shown
    press(drill, "space", "space")
    assert log.graded == [("4.1.1", "hard")]


def test_looking_at_the_code_before_the_answer_counts_as_help(drill: Drill) -> None:
    press(drill, "c")
    assert drill.seen.panel is Panel.CODE
    assert drill.suggested == "hard"


def test_a_panel_key_pressed_twice_goes_back_to_the_answer(drill: Drill) -> None:
    press(drill, "space", "f")
    assert drill.seen.panel is Panel.FOLLOW_UPS
    press(drill, "f")
    assert drill.seen.panel is Panel.ANSWER


def test_undo_asks_the_same_card_again_and_takes_the_grade_back(drill: Drill, log: Log) -> None:
    press(drill, "space", "1", "u")
    assert log.graded == []
    assert drill.queue == ["4.1.1", "4.1.2", "4.1.3"]


def test_undo_does_not_reach_behind_this_session(drill: Drill, log: Log) -> None:
    log.graded.append(("4.1.3", "good"))
    press(drill, "u")
    assert drill.note == "nothing_to_undo"
    assert log.graded == [("4.1.3", "good")]


def test_ticked_points_lower_the_suggestion(drill: Drill, log: Log) -> None:
    press(drill, "space", "p", "1", "2", "p", "space")
    assert log.graded == [("4.1.1", "hard")]
    assert [point.id for point in drill.graded[0].missed] == ["third"]


def test_digits_tick_points_and_do_not_grade_while_ticking(drill: Drill, log: Log) -> None:
    press(drill, "space", "p", "1", "1", "2")
    assert drill.seen.made == {"second"}
    assert log.graded == []


def test_a_typed_answer_reveals_and_ticks_what_it_says(drill: Drill) -> None:
    assert press(drill, "t") is Effect.TYPE
    drill.typed("the first and the second")
    assert drill.seen.phase is Phase.ANSWER
    assert drill.seen.made == {"first", "second"}


def test_skip_asks_at_the_end_and_not_today_does_not_ask_again(drill: Drill, log: Log) -> None:
    press(drill, "s")
    assert drill.queue == ["4.1.2", "4.1.3", "4.1.1"]
    press(drill, "-")
    assert log.postponed == ["4.1.2"]
    press(drill, "@")
    assert log.suspended == ["4.1.3"]
    assert drill.queue == ["4.1.1"]


def test_the_intervals_on_the_keys_are_the_ones_stored(drill: Drill, log: Log) -> None:
    shown = drill.intervals
    press(drill, "space", "4")
    assert log.memory("4.1.1") == shown["easy"]


@pytest.mark.parametrize("key", ["q", "ctrl-d", "ctrl-c"])
def test_leaving_ends_the_session_and_keeps_what_was_graded(drill: Drill, log: Log, key: str) -> None:
    assert press(drill, "space", "3", key) is Effect.END
    assert log.graded == [("4.1.1", "good")]


def test_help_goes_away_at_any_key_and_grades_nothing(drill: Drill, log: Log) -> None:
    press(drill, "space", "?", "3")
    assert drill.seen.panel is Panel.ANSWER
    assert log.graded == []


def test_run_asks_for_the_demo_and_is_refused_without_one(drill: Drill, tmp_path: Path) -> None:
    assert press(drill, "space", "r") is Effect.RUN
    (tmp_path / "demo.py").unlink()
    assert press(drill, "r") is Effect.DRAW
    assert drill.note == "no_demo"


@pytest.mark.parametrize(
    ("points", "made", "helped", "rating"),
    [
        (4, None, False, "good"),
        (4, None, True, "hard"),
        (4, 4, False, "good"),
        (4, 3, False, "hard"),
        (4, 2, False, "hard"),
        (4, 1, False, "again"),
        (4, 4, True, "hard"),
        (0, 0, False, "good"),
    ],
)
def test_the_suggestion_follows_help_and_points(points: int, made: int | None, helped: bool, rating: Rating) -> None:
    assert suggest_rating(points, made, helped) == rating
