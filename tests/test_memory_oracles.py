"""Memories agree with py-fsrs and with Anki's own backend."""

import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import fsrs
import pytest
from anki.collection import Collection

from attnquiz.memory.days import study_day
from attnquiz.memory.model import DEFAULT_MODEL, DEFAULT_PARAMETERS
from attnquiz.memory.schedule import RATINGS, Memory, Rating, after, recall, replay

START = date(2026, 1, 1)
RAM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # Anki writes each note to disk
History = list[tuple[date, Rating]]


def random_history(rng: random.Random, length: int) -> History:
    """Reviews early, on time and late, one in four on the day of the last."""
    memory: Memory | None = None
    day, history = START, []
    for _ in range(length):
        if memory and rng.random() > 0.25:
            day += timedelta(days=max(1, round(min(memory.stability, 150) * rng.uniform(0.4, 1.8))))
        (rating,) = rng.choices(RATINGS, [0.18, 0.12, 0.55, 0.15])
        memory = after(memory, rating, day)
        history.append((day, rating))
    return history


@pytest.fixture(scope="module")
def histories() -> list[History]:
    rng = random.Random(20260302)
    return [random_history(rng, rng.randint(1, 12)) for _ in range(300)]


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def py_fsrs_card(history: History) -> fsrs.Card:
    card = fsrs.Card(card_id=1, due=noon(START))
    for day, rating in history:
        card, _ = PY_FSRS.review_card(card, fsrs.Rating(RATINGS.index(rating) + 1), noon(day))
    return card


PY_FSRS = fsrs.Scheduler(enable_fuzzing=False, learning_steps=(), relearning_steps=())


def test_our_default_parameters_are_those_of_py_fsrs() -> None:
    assert tuple(PY_FSRS.parameters) == DEFAULT_PARAMETERS


def test_memories_agree_with_py_fsrs(histories: list[History]) -> None:
    for history in histories:
        ours, theirs = replay(history), py_fsrs_card(history)
        assert ours
        assert ours.stability == pytest.approx(theirs.stability, rel=1e-5)
        assert ours.difficulty == pytest.approx(theirs.difficulty, abs=1e-5)


def test_recall_agrees_with_py_fsrs(histories: list[History]) -> None:
    for history in histories:
        ours, theirs = replay(history), py_fsrs_card(history)
        assert ours
        for days in (0, 1, 7, 100, 1000):
            day = ours.last + timedelta(days=days)
            assert recall(ours, day) == pytest.approx(PY_FSRS.get_card_retrievability(theirs, noon(day)), abs=1e-6)


def test_intervals_agree_with_py_fsrs(histories: list[History]) -> None:
    for history in histories:
        card = py_fsrs_card(history)
        assert card.stability is not None
        interval = (card.due - noon(history[-1][0])).days
        assert max(1, round(DEFAULT_MODEL.interval(card.stability))) == interval


@pytest.fixture(scope="module")
def anki() -> Iterator[Collection]:
    with (
        tempfile.TemporaryDirectory(dir=RAM) as folder,
        closing(Collection(f"{folder}/collection.anki2")) as collection,
    ):
        use_fsrs(collection)
        yield collection


def use_fsrs(collection: Collection) -> None:
    collection.set_config("fsrs", True)
    deck = collection.decks.config_dict_for_deck_id(1)
    deck["fsrsParams6"] = list(DEFAULT_PARAMETERS)
    deck["desiredRetention"] = 0.9
    collection.decks.update_config(deck)


def anki_memory(anki: Collection, serial: int, reviews: list[tuple[datetime, Rating]]) -> tuple[float, float]:
    """What Anki computes from the same reviews in its own log."""
    note = anki.new_note(anki.models.by_name("Basic"))
    note["Front"] = str(serial)
    anki.add_note(note, 1)
    (card,) = note.cards()
    for order, (at, rating) in enumerate(reviews):
        moment = int(at.timestamp()) * 1000 + serial  # the key of Anki's log
        kind = 1 if order else 0
        button = RATINGS.index(rating) + 1
        anki.db.execute("insert into revlog values (?, ?, -1, ?, 1, 1, 2500, 5000, ?)", moment, card.id, button, kind)
    card.type = card.queue = 2
    card.ivl, card.due = 1, anki.sched.today
    anki.update_card(card)
    state = anki.compute_memory_state(card.id)
    assert state.stability is not None
    assert state.difficulty is not None
    return state.stability, state.difficulty


def moments(history: History, last: date, rng: random.Random) -> list[tuple[datetime, Rating]]:
    """The reviews of study days as moments around midnight, the last of them on `last`."""
    shift = last - history[-1][0]
    previous, reviews = None, []
    for day, rating in history:
        evening = datetime.combine(day + shift, datetime.min.time()) + timedelta(hours=18, minutes=rng.randint(0, 400))
        at = evening.astimezone()
        at = max(at, previous + timedelta(minutes=1)) if previous else at
        reviews.append((at, rating))
        previous = at
    return reviews


def test_memories_agree_with_anki_for_a_habit_around_midnight(anki: Collection, histories: list[History]) -> None:
    rng = random.Random(4)
    last = datetime.fromtimestamp(anki.sched.day_cutoff, UTC).astimezone().date() - timedelta(days=3)
    for serial, history in enumerate(histories[:200]):
        reviews = moments(history, last, rng)
        ours = replay([(study_day(at, None), rating) for at, rating in reviews])
        stability, difficulty = anki_memory(anki, serial, reviews)
        assert ours
        assert ours.stability == pytest.approx(stability, rel=1e-6)
        assert ours.difficulty == pytest.approx(difficulty, abs=1e-6)
