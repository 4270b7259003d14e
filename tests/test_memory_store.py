"""What is recorded stays, can be taken back, and can be derived anew."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import attnquiz
from attnquiz.errors import OutOfOrder, StateError
from attnquiz.memory import schema
from attnquiz.memory.model import Model
from attnquiz.memory.schedule import RATINGS, Memory, Rating, preview, replay
from attnquiz.memory.store import Review, Store, Today

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 3, 2, 20, tzinfo=UTC)
DAY = date(2026, 3, 2)
MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)
RAM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # many small databases, and busy disks


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=RAM) as folder:
        yield Path(folder) / "home" / "state.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path, BERLIN) as store:
        yield store


@contextmanager
def temporary_store() -> Iterator[Store]:
    """For each example of a property."""
    with tempfile.TemporaryDirectory(dir=RAM) as folder, Store.open(Path(folder) / "state.db", BERLIN) as store:
        yield store


def everything(store: Store) -> tuple[object, ...]:
    return store.memories(), store.suspended(), store.reviews(), store.count_today(DAY), store.count_today(DAY + A_DAY)


def test_a_new_store_is_empty(store: Store) -> None:
    assert everything(store) == ({}, frozenset(), [], Today(0, 0), Today(0, 0))
    assert store.memory("4.7.1") is None
    assert store.postponed(DAY) == frozenset()


def test_reading_makes_no_file(store: Store, path: Path) -> None:
    everything(store)
    assert not path.parent.exists()


def test_a_graded_card_is_remembered_by_the_next_session(store: Store, path: Path) -> None:
    graded = store.grade("4.7.1", "good", AT, seconds=41.5, hints=1)
    with Store.open(path, BERLIN) as later:
        assert later.memories() == {"4.7.1": graded.memory_after}
        assert later.memory("4.7.1") == graded.memory_after
        assert later.reviews() == [graded]


def test_a_review_says_what_was_graded_and_what_it_changed(store: Store) -> None:
    first = store.grade("4.7.1", "hard", AT, seconds=41.5, hints=2)
    second = store.grade("4.7.1", "good", AT + A_DAY)
    assert replace(first, id="", memory_after=None) == Review(
        "", "4.7.1", "hard", AT, DAY, None, None, seconds=41.5, hints=2
    )
    assert (second.memory_before, second.day) == (first.memory_after, DAY + A_DAY)


@given(st.lists(st.tuples(st.integers(0, 40), st.sampled_from(RATINGS)), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_the_interval_previewed_is_the_one_stored(history: list[tuple[int, Rating]]) -> None:
    with temporary_store() as store:
        at = AT
        for gap, rating in history:
            at += timedelta(days=gap)
            shown = preview(store.memory("4.7.1"), at.date(), store.model)
            assert store.grade("4.7.1", rating, at).memory_after == shown[rating] == store.memory("4.7.1")


def test_a_session_past_midnight_is_one_study_day(store: Store) -> None:
    for hour in (22, 23, 24, 25, 26):  # UTC; in Berlin up to 3 in the morning
        store.grade(f"4.1.{hour}", "good", datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour))
    assert {review.day for review in store.reviews()} == {DAY}


def test_a_review_before_the_last_study_day_is_refused_and_not_recorded(store: Store) -> None:
    store.grade("4.7.1", "good", AT)
    before = everything(store)
    with pytest.raises(OutOfOrder, match=r"4\.7\.1 .* 2026-03-02"):
        store.grade("4.7.1", "good", AT - A_DAY)
    assert everything(store) == before


def test_another_card_may_be_reviewed_at_an_earlier_time(store: Store) -> None:
    store.grade("4.7.1", "good", AT)
    store.grade("4.7.2", "good", AT - A_DAY)
    assert [review.card for review in store.reviews()] == ["4.7.2", "4.7.1"]


def test_a_clock_set_back_within_the_day_keeps_the_order_of_the_reviews(store: Store) -> None:
    given_order: list[Rating] = ["again", "good", "hard"]
    for n, rating in enumerate(given_order):
        store.grade("4.7.1", rating, AT - n * MINUTE)
    store.grade("4.7.1", "easy", AT - 3 * MINUTE)
    assert [review.rating for review in store.reviews()] == [*given_order, "easy"]
    before = everything(store)
    store.rebuild()
    assert everything(store) == before


def test_undo_takes_back_the_last_review_and_restores_the_memory(store: Store) -> None:
    store.grade("4.7.1", "good", AT)
    before = everything(store)
    last = store.grade("4.7.1", "again", AT + MINUTE)
    assert store.undo(AT + 2 * MINUTE) == last
    assert everything(store) == before


def test_undo_of_a_first_review_makes_the_card_new(store: Store) -> None:
    store.grade("4.7.1", "good", AT)
    store.undo(AT)
    assert everything(store) == ({}, frozenset(), [], Today(0, 0), Today(0, 0))


def test_undo_reaches_back_into_earlier_sessions(store: Store, path: Path) -> None:
    first, second = store.grade("4.7.1", "good", AT), store.grade("4.7.2", "good", AT)
    with Store.open(path, BERLIN) as later:
        assert [later.undo(AT), later.undo(AT), later.undo(AT)] == [second, first, None]


def test_undo_takes_back_what_was_recorded_last_though_it_is_dated_earlier(store: Store) -> None:
    store.grade("4.7.1", "good", AT)
    backdated = store.grade("4.7.2", "good", AT - A_DAY)
    assert store.undo(AT) == backdated


def test_a_card_can_be_graded_anew_after_undo(store: Store) -> None:
    store.grade("4.7.1", "good", AT)
    store.undo(AT)
    assert store.grade("4.7.1", "again", AT - MINUTE).at == AT - MINUTE
    assert [review.rating for review in store.reviews()] == ["again"]


def test_undo_marks_and_never_deletes(store: Store, path: Path) -> None:
    review = store.grade("4.7.1", "good", AT)
    store.undo(AT + MINUTE)
    with sqlite3.connect(path) as db:
        assert db.execute("select id, undone from log").fetchall() == [(review.id, "2026-03-02T20:01:00.000000+00:00")]


@pytest.mark.parametrize("statement", ["delete from log", "update log set rating = 'easy'", "update log set day = '1'"])
def test_the_log_lets_nothing_be_deleted_or_changed(store: Store, path: Path, statement: str) -> None:
    store.grade("4.7.1", "good", AT)
    with sqlite3.connect(path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(statement)


def test_a_reset_card_is_new_and_keeps_its_log(store: Store) -> None:
    for n in range(3):
        store.grade("4.7.1", "good", AT + n * A_DAY)
    store.reset("4.7.1", AT + 3 * A_DAY)
    assert store.memory("4.7.1") is None
    assert len(store.reviews("4.7.1")) == 3
    fresh = store.grade("4.7.1", "good", AT + 4 * A_DAY)
    assert fresh.memory_before is None
    assert fresh.memory_after == replay([(DAY + 4 * A_DAY, "good")])


def test_a_review_before_a_reset_is_refused(store: Store) -> None:
    store.grade("4.7.1", "good", AT)
    store.reset("4.7.1", AT + 2 * A_DAY)
    with pytest.raises(OutOfOrder):
        store.grade("4.7.1", "good", AT + A_DAY)


def test_a_reset_by_a_clock_set_back_follows_the_last_review(store: Store) -> None:
    store.grade("4.7.1", "good", AT)
    store.reset("4.7.1", AT - 2 * A_DAY)
    assert store.memory("4.7.1") is None
    with pytest.raises(OutOfOrder):
        store.grade("4.7.1", "good", AT - A_DAY)


def test_resetting_a_new_card_records_nothing(store: Store, path: Path) -> None:
    store.grade("4.7.2", "good", AT)
    store.reset("4.7.1", AT)
    with sqlite3.connect(path) as db:
        assert db.execute("select count(*) from log").fetchone() == (1,)


def test_undo_after_a_reset_leaves_the_card_new(store: Store) -> None:
    review = store.grade("4.7.1", "good", AT)
    store.reset("4.7.1", AT + MINUTE)
    assert store.undo(AT + 2 * MINUTE) == review
    assert store.memory("4.7.1") is None


def test_a_card_is_suspended_until_it_is_resumed(store: Store, path: Path) -> None:
    store.suspend("4.7.1", AT)
    store.suspend("4.7.1", AT)
    with Store.open(path, BERLIN) as later:
        assert later.suspended() == {"4.7.1"}
        later.resume("4.7.1", AT)
        later.resume("4.7.1", AT)
    assert store.suspended() == frozenset()


def test_suspending_keeps_what_is_remembered(store: Store) -> None:
    graded = store.grade("4.7.1", "good", AT)
    store.suspend("4.7.1", AT + A_DAY)
    assert store.memory("4.7.1") == graded.memory_after
    assert store.grade("4.7.1", "good", AT).at == AT + timedelta(microseconds=1)


def test_a_postponed_card_is_back_the_day_after(store: Store, path: Path) -> None:
    store.postpone("4.7.1", DAY)
    store.postpone("4.7.1", DAY)
    store.rebuild()
    with Store.open(path, BERLIN) as later:
        assert later.postponed(DAY) == {"4.7.1"}
        assert later.postponed(DAY + A_DAY) == frozenset()
        later.postpone("4.7.2", DAY + A_DAY)
        assert later.postponed(DAY) == frozenset()


def test_new_cards_and_reviews_are_counted_by_study_day(store: Store) -> None:
    store.grade("4.7.1", "again", AT - A_DAY)
    for card in ("4.7.1", "4.7.2", "4.7.2", "4.7.3"):
        store.grade(card, "good", AT)
    assert store.count_today(DAY) == Today(introduced=2, reviews=4)
    assert store.introduced(DAY) == 2
    store.suspend("4.7.3", AT)
    store.undo(AT)
    assert store.count_today(DAY) == Today(introduced=1, reviews=3)


def test_a_card_seen_again_after_a_reset_counts_as_introduced(store: Store) -> None:
    store.grade("4.7.1", "good", AT - A_DAY)
    store.reset("4.7.1", AT)
    assert store.introduced(DAY) == 0
    store.grade("4.7.1", "good", AT + MINUTE)
    assert store.introduced(DAY) == 1


def test_a_whole_life_is_derived_anew_the_same(store: Store) -> None:
    store.grade("4.7.1", "good", AT - 3 * A_DAY)
    store.grade("4.7.1", "again", AT - A_DAY)
    store.grade("4.7.2", "good", AT - A_DAY)
    store.grade("4.7.2", "good", AT)
    store.reset("4.7.1", AT)
    store.grade("4.7.1", "hard", AT + MINUTE)
    store.grade("4.7.1", "hard", AT + A_DAY)
    store.suspend("4.7.2", AT)
    store.suspend("4.7.3", AT)
    store.resume("4.7.2", AT)
    before = everything(store)
    assert (store.introduced(DAY), store.suspended()) == (1, {"4.7.3"})
    store.rebuild()
    assert everything(store) == before


def test_a_call_that_fails_halfway_records_nothing(store: Store, path: Path) -> None:
    store.grade("4.7.1", "good", AT)
    with Store.open(path, BERLIN, new_id=lambda: store.reviews()[0].id) as other:
        before = everything(other)
        with pytest.raises(StateError, match=r"log\.id"):
            other.suspend("4.7.1", AT)
        assert everything(other) == before


CARDS = ("4.7.1", "4.7.1/f1", "4.2.1")
Deed = Callable[[Store, datetime], object]


def grading(card: str, rating: Rating) -> Deed:
    return lambda store, at: store.grade(card, rating, at, seconds=3.0)


def doing(method: Callable[[Store, str, datetime], None], card: str) -> Deed:
    return lambda store, at: method(store, card, at)


gradings = st.builds(grading, st.sampled_from(CARDS), st.sampled_from(RATINGS))
deeds = (
    gradings
    | gradings
    | st.builds(doing, st.sampled_from([Store.reset, Store.suspend, Store.resume]), st.sampled_from(CARDS))
    | st.just(Store.undo)
)
gaps = st.sampled_from([timedelta(0), MINUTE, timedelta(hours=7), A_DAY, 30 * A_DAY])
lives = st.lists(st.tuples(gaps, deeds), max_size=14)


def live(store: Store, life: list[tuple[timedelta, Deed]], at: datetime = AT) -> datetime:
    for gap, deed in life:
        at += gap
        deed(store, at)
    return at


@given(lives)
@settings(max_examples=40, deadline=None)
def test_what_is_derived_anew_equals_what_was_kept_up(life: list[tuple[timedelta, Deed]]) -> None:
    with temporary_store() as store:
        live(store, life)
        before = everything(store)
        store.rebuild()
        assert everything(store) == before


@given(lives, st.lists(st.tuples(gaps, gradings), max_size=6))
@settings(max_examples=40, deadline=None)
def test_grading_k_cards_and_undoing_k_times_changes_nothing(
    life: list[tuple[timedelta, Deed]], more: list[tuple[timedelta, Deed]]
) -> None:
    with temporary_store() as store:
        at = live(store, life)
        before = everything(store)
        at = live(store, more, at)
        for _ in more:
            store.undo(at)
        assert everything(store) == before


@pytest.mark.parametrize("damage", ["delete from {}", "drop table {}"])
@pytest.mark.parametrize("table", ["memories", "suspended"])
def test_a_lost_derived_table_is_rebuilt_the_same(store: Store, path: Path, damage: str, table: str) -> None:
    store.grade("4.7.1", "good", AT)
    store.grade("4.7.2", "again", AT)
    store.suspend("4.7.2", AT)
    before = everything(store)
    with sqlite3.connect(path) as db:
        db.execute(damage.format(table))
    with Store.open(path, BERLIN) as later:
        later.rebuild()
        assert everything(later) == before


def test_another_model_is_applied_to_the_whole_log(store: Store, path: Path) -> None:
    for n in range(3):
        store.grade("4.7.1", "good", AT + n * 5 * A_DAY)
    usual = store.memories()["4.7.1"]
    strict = Model(retention=0.97)
    with Store.open(path, BERLIN, model=strict) as later:
        read = everything(later)
        assert later.memories()["4.7.1"].due < usual.due
        assert later.memory("4.7.1") == later.memories()["4.7.1"]
        later.rebuild()
        assert everything(later) == read
    assert store.memories()["4.7.1"] == usual


def test_a_write_under_another_model_rederives_the_rest(store: Store, path: Path) -> None:
    store.grade("4.7.1", "good", AT)
    with Store.open(path, BERLIN, model=Model(retention=0.8)) as later:
        later.grade("4.7.2", "good", AT)
        assert later.grade("4.7.1", "good", AT + A_DAY).memory_before == replay([(DAY, "good")], later.model)
        before = everything(later)
        later.rebuild()
        assert everything(later) == before


def test_logs_joined_from_two_zones_can_be_replayed(store: Store, path: Path) -> None:
    """Tokyo is a day ahead: its review is the earlier moment on the later day."""
    store.grade("4.7.1", "again", AT)
    with sqlite3.connect(path) as db:
        for minute, day in ((1, "2026-03-03"), (2, "2026-03-02")):
            at = f"2026-03-02T20:0{minute}:00.000000+00:00"
            db.execute(
                "insert into log (id, kind, card, rating, at, day) values (?, 'review', '4.7.1', 'good', ?, ?)",
                (f"other{minute}", at, day),
            )
    store.rebuild()
    memory = store.memory("4.7.1")
    assert isinstance(memory, Memory)
    assert (memory.reviews, memory.last) == (3, DAY + A_DAY)


def test_ids_come_from_the_factory_and_are_unique_without_one(path: Path, store: Store) -> None:
    ids = iter(["a", "b"])
    with Store.open(path.with_name("other.db"), BERLIN, new_id=lambda: next(ids)) as other:
        assert [other.grade(card, "good", AT).id for card in ("4.7.1", "4.7.2")] == ["a", "b"]
    assert len({store.grade("4.7.1", "good", AT + n * MINUTE).id for n in range(20)}) == 20


CHILD = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from attnquiz.memory.store import Store
with Store.open(Path(sys.argv[1]), UTC) as store:
    for n in range(int(sys.argv[2]), 1_000_000):
        review = store.grade(f"4.7.{n % 7}", "good", datetime(2026, 1, 1, tzinfo=UTC) + n * timedelta(hours=1))
        print(review.id, flush=True)
"""


def test_kill_9_loses_nothing_that_was_acknowledged(path: Path) -> None:
    acknowledged: list[str] = []
    for stop in (1, 13, 30):
        with subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(len(acknowledged) + 1)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(attnquiz.__file__).parents[1],
        ) as child:
            assert child.stdout
            acknowledged += [child.stdout.readline().strip() for _ in range(stop)]
            child.kill()
            acknowledged += child.stdout.read().split()
    with Store.open(path, UTC) as store:
        recorded = {review.id for review in store.reviews()}
        assert set(acknowledged) <= recorded
        assert len(recorded) <= len(acknowledged) + 3  # at most the one on its way, each time
        before = everything(store)
        store.rebuild()
        assert everything(store) == before


def add_a_place(version: int) -> tuple[str, ...]:
    return (f"alter table log add column place{version} text",)


def test_an_older_database_is_migrated_after_a_backup(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.grade("4.7.1", "good", AT)
    store.suspend("4.7.2", AT)
    before = everything(store)
    store.close()
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, add_a_place(2), add_a_place(3)))
    with Store.open(path, BERLIN) as migrated:
        assert everything(migrated) == before
        migrated.grade("4.7.1", "good", AT + A_DAY)
        migrated.rebuild()
        assert len(migrated.reviews()) == 2
    monkeypatch.undo()
    (backup,) = (path.parent / "backups").iterdir()
    with Store.open(backup, BERLIN) as old:
        assert everything(old) == before


def test_a_backup_never_takes_the_place_of_another(store: Store, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.grade("4.7.1", "good", AT)
    store.close()
    backups = path.parent / "backups"
    backups.mkdir()
    (backups / "state.v1.1.db").write_text("an older one")
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, add_a_place(2)))
    Store.open(path, BERLIN).close()
    assert (backups / "state.v1.1.db").read_text() == "an older one"
    assert sorted(backup.name for backup in backups.iterdir()) == ["state.v1.1.db", "state.v1.2.db"]


def test_a_migration_that_fails_leaves_the_old_version(
    store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.grade("4.7.1", "good", AT)
    before = everything(store)
    store.close()
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, (*add_a_place(2), "alter table nothing add x")))
    with pytest.raises(StateError):
        Store.open(path, BERLIN)
    monkeypatch.undo()
    with Store.open(path, BERLIN) as old:
        assert everything(old) == before
        assert old.undo(AT)


def test_a_database_of_a_newer_version_is_refused(store: Store, path: Path) -> None:
    store.grade("4.7.1", "good", AT)
    with sqlite3.connect(path) as db:
        db.execute("pragma user_version = 99")
    bytes_before = path.read_bytes()
    with pytest.raises(StateError, match=r"newer attnquiz \(version 99.*upgrade") as refused:
        Store.open(path, BERLIN)
    assert "升级" in refused.value.zh
    assert path.read_bytes() == bytes_before
