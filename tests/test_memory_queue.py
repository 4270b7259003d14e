"""Which cards a session asks, and in which order."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnquiz.memory.queue import build_queue, next_due, requeue
from attnquiz.memory.schedule import Memory, State, recall

DAY = date(2026, 3, 2)


def memory(due: int = 0, stability: float = 10.0, last: int = -10, state: State = "review") -> Memory:
    """`due` and `last` in days from today."""
    return Memory(stability, 5.0, DAY + timedelta(due), DAY + timedelta(last), state, reviews=3, lapses=0)


def queue(cards: str, memories: dict[str, Memory], new: int = 10, suspended: str = "", introduced: int = 0) -> str:
    return " ".join(build_queue(cards.split(), memories, set(suspended.split()), DAY, new, introduced))


def question(card: str) -> str:
    return card.partition("/")[0]


def test_due_cards_come_before_new_ones() -> None:
    assert queue("4.1.1 4.1.2 4.1.3", {"4.1.3": memory()}) == "4.1.3 4.1.1 4.1.2"


def test_a_card_due_tomorrow_is_not_asked() -> None:
    assert queue("4.1.1 4.1.2", {"4.1.1": memory(due=1), "4.1.2": memory(due=0)}) == "4.1.2"


def test_only_the_cards_asked_for_are_in_the_queue() -> None:
    assert queue("4.1.1", {"4.1.1": memory(), "4.2.1": memory()}) == "4.1.1"


def test_suspended_cards_are_left_out_new_or_due() -> None:
    assert queue("4.1.1 4.1.2 4.1.3", {"4.1.1": memory()}, suspended="4.1.1 4.1.2") == "4.1.3"


def test_forgotten_cards_come_first_then_the_best_remembered() -> None:
    memories = {
        "4.1.1": memory(last=-40),
        "4.1.2": memory(last=-11),
        "4.1.3": memory(last=-1, stability=0.5, state="relearning"),
        "4.1.4": memory(last=-20),
        "4.1.5": memory(last=-1, stability=0.4, state="learning"),
    }
    assert queue("4.1.1 4.1.2 4.1.3 4.1.4 4.1.5", memories) == "4.1.3 4.1.5 4.1.2 4.1.4 4.1.1"


def test_equally_remembered_cards_keep_the_order_of_the_bank() -> None:
    cards = " ".join(f"4.1.{n}" for n in range(1, 12))
    assert queue(cards, {card: memory() for card in cards.split()}) == cards


def test_new_cards_come_in_the_order_of_the_bank_up_to_the_limit() -> None:
    assert queue("4.1.1 4.1.2 4.1.3 4.2.1", {}, new=3) == "4.1.1 4.1.2 4.1.3"


def test_the_limit_of_new_cards_is_for_the_day() -> None:
    assert queue("4.1.1 4.1.2 4.1.3", {}, new=3, introduced=2) == "4.1.1"
    assert queue("4.1.1 4.1.2 4.1.3", {}, new=3, introduced=5) == ""
    assert queue("4.1.1", {}, new=0) == ""


def test_a_follow_up_is_not_new_before_its_question() -> None:
    assert queue("4.1.1/f1 4.1.1 4.1.2", {}, new=1) == "4.1.1"
    assert queue("4.1.1/f2 4.1.2 4.1.3 4.1.1", {}) == "4.1.2 4.1.1 4.1.3 4.1.1/f2"


def test_a_follow_up_waits_while_its_new_question_is_out_of_the_rotation() -> None:
    assert queue("4.1.1 4.1.1/f1 4.1.2", {}, suspended="4.1.1") == "4.1.2"


def test_a_follow_up_is_new_once_its_question_was_seen() -> None:
    assert queue("4.1.1 4.1.1/f1", {"4.1.1": memory(due=5)}) == "4.1.1/f1"


def test_a_follow_up_asked_for_alone_is_asked() -> None:
    assert queue("4.1.1/f1", {}) == "4.1.1/f1"


def test_cards_of_one_question_are_kept_apart() -> None:
    assert queue("4.1.1 4.1.1/f1 4.1.2 4.1.2/f1", {}) == "4.1.1 4.1.2 4.1.1/f1 4.1.2/f1"


def test_keeping_apart_changes_no_more_than_it_must() -> None:
    assert queue("4.1.1 4.1.2 4.1.2/f1 4.1.3", {}) == "4.1.1 4.1.2 4.1.3 4.1.2/f1"


def test_the_first_new_card_is_kept_apart_from_the_last_due_one() -> None:
    assert queue("4.1.1 4.1.1/f1 4.1.2", {"4.1.1": memory()}) == "4.1.1 4.1.2 4.1.1/f1"


def test_cards_that_cannot_be_kept_apart_are_asked_all_the_same() -> None:
    assert queue("4.1.1 4.1.1/f1 4.1.1/f2", {}) == "4.1.1 4.1.1/f1 4.1.1/f2"


def neighbours(cards: list[str]) -> int:
    return sum(question(one) == question(other) for one, other in pairwise(cards))


@given(st.lists(st.sampled_from("abc"), max_size=7))
@settings(max_examples=150, deadline=None)
def test_siblings_stand_side_by_side_only_where_no_order_avoids_it(questions: list[str]) -> None:
    seen: Counter[str] = Counter()
    cards = [f"{q}/f{seen.update(q) or seen[q]}" for q in questions]
    built = build_queue(cards, {}, set(), DAY, 99)
    assert sorted(built) == sorted(cards)
    fewest = min(neighbours(list(order)) for order in set(permutations(questions)))
    assert (neighbours(built) == 0) == (fewest == 0)


states: st.SearchStrategy[State] = st.sampled_from(["learning", "review", "relearning"])
memories_of_cards = st.dictionaries(
    st.sampled_from([f"4.1.{n}{part}" for n in range(1, 7) for part in ("", "/f1", "/code")]),
    st.builds(memory, st.integers(-9, 9), st.floats(0.1, 90), st.integers(-90, 0), states),
)
ALL_CARDS = [f"4.1.{n}{part}" for n in range(1, 7) for part in ("", "/f1", "/code")]


@given(memories_of_cards, st.sets(st.sampled_from(ALL_CARDS)), st.integers(0, 20), st.permutations(ALL_CARDS))
@settings(deadline=None)
def test_every_due_card_is_asked_once_and_no_card_before_its_question(
    memories: dict[str, Memory], suspended: set[str], new: int, cards: list[str]
) -> None:
    built = build_queue(cards, memories, suspended, DAY, new)
    due = {card for card in memories if memories[card].due <= DAY and card not in suspended}
    assert len(built) == len(set(built))
    assert {card for card in built if card in memories} == due == set(built[: len(due)])
    assert len(built) <= len(due) + new
    for place, card in enumerate(built[len(due) :], len(due)):
        assert question(card) in memories or question(card) in built[: place + 1]


@pytest.mark.parametrize(
    ("left", "after"),
    [("a b c d e f", "a b c d e X f"), ("a b", "a b X"), ("", "X"), ("a X b", "a b X"), ("a b c d e", "a b c d e X")],
)
def test_a_card_graded_again_comes_back_after_five_others(left: str, after: str) -> None:
    assert requeue(left.split(), "X") == after.split()


def test_a_card_graded_again_can_come_back_sooner() -> None:
    assert requeue(["a", "b", "c"], "X", gap=1) == ["a", "X", "b", "c"]


def test_requeue_leaves_the_queue_as_it_was() -> None:
    left = ["a", "b"]
    requeue(left, "X")
    assert left == ["a", "b"]


def test_the_next_due_day_counts_its_cards() -> None:
    memories = {"a": memory(due=3), "b": memory(due=2), "c": memory(due=2), "d": memory(due=0)}
    assert next_due(memories, set(), DAY) == (DAY + timedelta(2), 2)
    assert next_due(memories, {"b", "c"}, DAY) == (DAY + timedelta(3), 1)
    assert next_due(memories, {"a", "b", "c"}, DAY) is None
    assert next_due({}, set(), DAY) is None


def test_the_best_remembered_means_by_recall_not_by_due_day() -> None:
    early, late = memory(due=-5, last=-6, stability=1.2), memory(due=-1, last=-90, stability=80.0)
    assert recall(early, DAY) < recall(late, DAY)
    assert queue("4.1.1 4.1.2", {"4.1.1": early, "4.1.2": late}) == "4.1.2 4.1.1"
