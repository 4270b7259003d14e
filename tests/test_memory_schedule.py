"""When a card is asked again."""

import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import attnquiz
from attnquiz.errors import AttnquizError, OutOfOrder, UsageError
from attnquiz.memory import model as memory_model
from attnquiz.memory.model import DEFAULT_PARAMETERS, Model
from attnquiz.memory.schedule import RATINGS, Memory, Rating, after, preview, recall, replay

DAY = date(2026, 3, 2)
ratings = st.sampled_from(RATINGS)
histories = st.lists(st.tuples(st.integers(0, 60), ratings), max_size=12)


def dated(history: list[tuple[int, Rating]]) -> list[tuple[date, Rating]]:
    day, reviews = DAY, []
    for gap, rating in history:
        day += timedelta(days=gap)
        reviews.append((day, rating))
    return reviews


def remembered(*history: tuple[int, Rating]) -> Memory:
    memory = replay(dated(list(history)))
    assert memory
    return memory


def intervals(memory: Memory | None, day: date, model: Model = memory_model.DEFAULT_MODEL) -> list[int]:
    return [(seen.due - day).days for seen in preview(memory, day, model).values()]


def test_a_new_card_is_asked_again_after_0_1_2_or_8_days() -> None:
    assert intervals(None, DAY) == [0, 1, 2, 8]


def test_good_reviews_on_time_are_spaced_ever_wider() -> None:
    day, gaps, memory = DAY, [], None
    for _ in range(6):
        memory = after(memory, "good", day)
        gaps.append((memory.due - day).days)
        day = memory.due
    assert gaps == [2, 11, 46, 163, 497, 1346]  # py-fsrs gives the same


def test_a_card_graded_again_stays_due_today() -> None:
    assert after(None, "again", DAY).due == DAY
    assert after(remembered((0, "good")), "again", DAY + timedelta(days=2)).due == DAY + timedelta(days=2)


def test_a_card_is_learned_then_in_review_then_relearned() -> None:
    states = [
        replay(dated(history))
        for history in (
            [(0, "again")],
            [(0, "again"), (0, "again")],
            [(0, "again"), (0, "hard")],
            [(0, "good"), (2, "again")],
            [(0, "good"), (2, "again"), (0, "again")],
            [(0, "good"), (2, "again"), (0, "good")],
        )
    ]
    assert [(m.state, m.lapses) for m in states if m] == [
        ("learning", 0), ("learning", 0), ("review", 0), ("relearning", 1), ("relearning", 1), ("review", 1),
    ]  # fmt: skip


def test_a_card_not_yet_recalled_has_no_lapses() -> None:
    assert remembered((0, "again"), (1, "again"), (1, "again")).lapses == 0


def test_reviews_are_counted() -> None:
    assert remembered((0, "again"), (0, "good"), (1, "easy")).reviews == 3


def test_no_reviews_are_no_memory() -> None:
    assert replay([]) is None


@given(histories, st.integers(0, 400), ratings)
def test_what_is_previewed_is_what_is_stored(history: list[tuple[int, Rating]], gap: int, rating: Rating) -> None:
    reviews = dated(history)
    memory = replay(reviews)
    day = (memory.last if memory else DAY) + timedelta(days=gap)
    assert preview(memory, day)[rating] == after(memory, rating, day) == replay([*reviews, (day, rating)])


@given(histories, st.integers(0, 400), st.floats(0.7, 0.99), st.sampled_from([1, 2, 5, 365, 36500]))
def test_a_better_rating_never_comes_back_sooner(
    history: list[tuple[int, Rating]], gap: int, retention: float, longest: int
) -> None:
    model = Model(retention, longest)
    memory = replay(dated(history), model)
    day = (memory.last if memory else DAY) + timedelta(days=gap)
    again, hard, good, easy = intervals(memory, day, model)
    assert again == 0
    assert 1 <= hard <= good <= easy <= longest
    assert good < easy or easy == longest
    if memory and memory.state == "review" and gap:
        assert hard < good or good == longest


def test_relearning_may_take_hard_and_good_to_the_same_next_day() -> None:
    forgotten = remembered((0, "good"), (2, "again"), (0, "again"))
    assert intervals(forgotten, forgotten.last) == [0, 1, 1, 2]


def test_relearning_on_a_later_day_leaves_the_intervals_to_fsrs() -> None:
    forgotten = remembered((0, "good"), (1, "again"))
    assert intervals(forgotten, forgotten.last + timedelta(days=1)) == [0, 2, 2, 4]


def test_in_review_each_better_rating_adds_a_day_though_fsrs_rounds_to_the_same() -> None:
    weak = remembered((0, "again"), (0, "hard"))
    assert intervals(weak, weak.last + timedelta(days=1)) == [0, 1, 2, 3]


def test_a_repeat_on_the_same_day_hardly_moves_a_card() -> None:
    once = remembered((0, "good"), (2, "good"))
    twice = after(once, "good", once.last)
    assert (twice.due - once.due).days == 0
    assert (after(once, "good", once.due).due - once.due).days > 30


def test_a_higher_desired_retention_asks_sooner() -> None:
    dues = [replay(dated([(0, "good"), (2, "good")]), Model(retention)).due for retention in (0.8, 0.9, 0.95)]
    assert dues == sorted(dues, reverse=True)
    assert len(set(dues)) == 3


def test_recall_is_the_desired_retention_on_the_unrounded_due_day() -> None:
    for retention in (0.7, 0.9, 0.97):
        model = Model(retention)
        assert model.recall(12.3, model.interval(12.3)) == pytest.approx(retention)


def test_recall_is_certain_on_the_day_itself_and_falls_after() -> None:
    memory = remembered((0, "good"), (2, "good"))
    over_time = [recall(memory, memory.last + timedelta(days=n)) for n in range(0, 400, 40)]
    assert over_time[0] == 1
    assert over_time == sorted(over_time, reverse=True)


def test_recall_of_a_day_before_the_last_review_is_certain() -> None:
    assert recall(remembered((0, "good")), DAY - timedelta(days=3)) == 1


def test_a_review_dated_before_the_last_one_is_refused_in_both_languages() -> None:
    with pytest.raises(OutOfOrder) as refused:
        after(remembered((0, "good")), "good", DAY - timedelta(days=1))
    assert "2026-03-02" in refused.value.en
    assert "2026-03-01" in refused.value.en
    assert "2026-03-02" in refused.value.zh
    assert "这张卡片" in refused.value.zh


def test_a_due_day_past_the_end_of_the_calendar_is_its_last_day() -> None:
    late = date(9998, 1, 1)
    memory = replay([(late, "easy"), (late + timedelta(days=300), "easy")], Model(retention=0.5))
    assert memory
    assert memory.due == date.max


@pytest.mark.parametrize(
    "settings",
    [
        {"retention": 1.0},
        {"retention": 0.0},
        {"retention": float("nan")},
        {"longest_interval": 0},
        {"parameters": (1.0,) * 19},
        {"parameters": (float("nan"),) * 21},
        {"parameters": (*DEFAULT_PARAMETERS[:20], 0.0)},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Model(**settings)


@pytest.fixture
def no_crate(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setitem(sys.modules, "fsrs_rs_python", None)
    memory_model._engine.cache_clear()
    yield monkeypatch
    memory_model._engine.cache_clear()


HISTORY: list[tuple[int, Rating]] = [
    (0, "again"),
    (0, "good"),
    (1, "hard"),
    (9, "again"),
    (0, "hard"),
    (2, "easy"),
    (30, "good"),
]


def test_without_the_crate_py_fsrs_gives_the_same_memories(no_crate: pytest.MonkeyPatch) -> None:
    slow = [replay(dated(HISTORY[:n])) for n in range(1, len(HISTORY) + 1)]
    assert memory_model._engine(DEFAULT_PARAMETERS).__qualname__.startswith("_py_fsrs")
    no_crate.undo()
    memory_model._engine.cache_clear()
    fast = [replay(dated(HISTORY[:n])) for n in range(1, len(HISTORY) + 1)]
    assert memory_model._engine(DEFAULT_PARAMETERS).__qualname__.startswith("_crate")
    for ours, theirs in zip(fast, slow, strict=True):
        assert ours
        assert theirs
        assert theirs.stability == pytest.approx(ours.stability, rel=1e-5)
        assert theirs.difficulty == pytest.approx(ours.difficulty, abs=1e-5)
        assert (theirs.due, theirs.state, theirs.lapses) == (ours.due, ours.state, ours.lapses)


@pytest.mark.usefixtures("no_crate")
def test_without_the_crate_stability_is_bounded_all_the_same() -> None:
    memory = replay([(DAY.replace(year=DAY.year + 40 * n), "easy") for n in range(12)])
    assert memory
    assert memory.stability == 36500


def test_without_any_library_the_error_says_what_to_install(no_crate: pytest.MonkeyPatch) -> None:
    no_crate.setitem(sys.modules, "fsrs", None)
    with pytest.raises(AttnquizError, match="pip install fsrs-rs-python"):
        after(None, "good", DAY)


def test_one_module_imports_an_fsrs_library() -> None:
    package = Path(attnquiz.__file__).parent
    importing = [p for p in package.rglob("*.py") if re.search(r"^\s*(import|from) fsrs", p.read_text("utf-8"), re.M)]
    assert importing == [package / "memory" / "model.py"]


def test_no_library_is_loaded_before_the_first_rating() -> None:
    code = "import sys, attnquiz.memory.store, attnquiz.memory.queue; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(attnquiz.__file__).parents[1]
    )
    assert not {"fsrs", "fsrs_rs_python", "asyncio", "uuid", "zoneinfo"} & set(run.stdout.split())
