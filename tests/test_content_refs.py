"""A REF names what its writer meant, or is answered with what is near."""

from __future__ import annotations

from pathlib import Path

import pytest

from attnquiz.content.model import Bank, Collection, FollowUp, Question, Words
from attnquiz.content.refs import find_card, find_cards, find_questions
from attnquiz.errors import UnknownRef

SAME = Words("a", "b")


@pytest.fixture
def collection(tmp_path: Path) -> Collection:
    """Sections 1, 4.1, 4.7 and 4.10; 4.7.1 has three follow-ups, an exercise and two bugs; 4.7.2 is a draft."""
    wrong = tmp_path / "4.7.1-code/exercise/wrong"
    wrong.mkdir(parents=True)
    for path in (wrong.parent / "stub.py", wrong / "bug1_a.py", wrong / "bug2_b.py", wrong / "other.py"):
        path.touch()
    return make_collection(tmp_path)


def make_collection(answers: Path, name: str = "") -> Collection:
    ids = {"1": ["1.1"], "4.1": ["4.1.1", "4.1.10"], "4.7": ["4.7.1", "4.7.2"], "4.10": ["4.10.1"]}
    banks = [
        Bank(section, SAME, Path(f"{section}.yaml"), tuple(make_question(id_, answers) for id_ in questions))
        for section, questions in ids.items()
    ]
    return Collection(name, tuple(banks))


def make_question(id_: str, answers: Path) -> Question:
    return Question(
        id=id_, section=id_.rpartition(".")[0], ask=SAME, difficulty=1, weight=1, minutes=1, tags=(), hint=None,
        points=(), follow_ups=(FollowUp(SAME, SAME),) * {"4.7.1": 3, "4.7.2": 1}.get(id_, 0), refs=(),
        draft=id_ == "4.7.2", folder=answers / "4.7.1-code" if id_ == "4.7.1" else None,
    )  # fmt: skip


CARDS_OF_471 = ["4.7.1", "4.7.1/f1", "4.7.1/f2", "4.7.1/f3", "4.7.1/code", "4.7.1/bug1", "4.7.1/bug2"]


@pytest.mark.parametrize(
    ("refs", "found"),
    [
        ("4", ["4.1.1", "4.1.10", *CARDS_OF_471, "4.10.1"]),
        ("4.1", ["4.1.1", "4.1.10"]),
        ("4.1.1", ["4.1.1"]),
        ("4.10", ["4.10.1"]),
        ("4.7", CARDS_OF_471),
        ("4.7.1", CARDS_OF_471),
        ("4.7.1/f1", ["4.7.1/f1"]),
        ("4.7.1/code", ["4.7.1/code"]),
        ("4.7.1/bug2", ["4.7.1/bug2"]),
        (["4.10", "1", "4.10.1"], ["1.1", "4.10.1"]),
        ([], ["1.1", "4.1.1", "4.1.10", *CARDS_OF_471, "4.10.1"]),
        ("４．７．１／ｆ１", ["4.7.1/f1"]),
        (" 4. 7 .1/F1 ", ["4.7.1/f1"]),
        ("4.7.1.", CARDS_OF_471),
        ("4.7.1/", CARDS_OF_471),
        ("4。10", ["4.10.1"]),
        ("4.07.1/code", ["4.7.1/code"]),
    ],
)
def test_a_ref_names_these_cards(refs: str | list[str], found: list[str], collection: Collection) -> None:
    assert [card.id for card in find_cards(collection, refs)] == found


@pytest.mark.parametrize(
    ("refs", "found"),
    [
        ("4.7", ["4.7.1", "4.7.2"]),
        ("4.7.2", ["4.7.2"]),
        ("4.7.1/bug1", ["4.7.1"]),
        (["4.10.1", "4.1.1"], ["4.1.1", "4.10.1"]),
        ((), ["1.1", "4.1.1", "4.1.10", "4.7.1", "4.7.2", "4.10.1"]),
    ],
)
def test_a_ref_names_these_questions(refs: str | list[str], found: list[str], collection: Collection) -> None:
    assert [question.id for question in find_questions(collection, refs)] == found


@pytest.mark.parametrize(
    ("ref", "en", "zh"),
    [
        (
            "4.7.1/f9",
            "there is no card 4.7.1/f9; 4.7.1 has f1..f3, code, bug1..bug2",
            "没有卡片 4.7.1/f9；4.7.1 有 f1..f3、code、bug1..bug2",
        ),
        ("1.1/code", "there is no card 1.1/code; 1.1 has none but itself", "没有卡片 1.1/code；1.1 有 它自己这一张"),
        ("4.7.2/f1", "4.7.2/f1 has no cards yet: it is a draft", "4.7.2/f1 还没有卡片：它是草稿"),
        (
            "4.71",
            "nothing is called '4.71'; did you mean 4.7.1 or 4.7 or 4.1?",
            "没有“4.71”；是否想找 4.7.1 或 4.7 或 4.1？",
        ),
        (
            "attention",
            "nothing is called 'attention'; name a section (1), a question (1.1) or a card (1.1/f1)",
            "没有“attention”；请写章节（1）、题目（1.1）或卡片（1.1/f1）",
        ),
    ],
)
def test_an_unknown_ref_is_answered_with_what_is_near(ref: str, en: str, zh: str, collection: Collection) -> None:
    for find in (find_cards, find_questions):
        with pytest.raises(UnknownRef) as caught:
            find(collection, ref)
        assert caught.value.text("zh") == zh
        assert caught.value.text("en") == en


def test_a_single_card_is_found_by_its_whole_id(collection: Collection) -> None:
    assert find_card(collection, "4.07.1").id == "4.7.1"
    assert find_card(collection, "4.7.1/f2").id == "4.7.1/f2"
    for ref, said in (
        ("4.7", r"4\.7 is a section; name one card of it, such as 4\.7\.1"),
        ("4.7.2", "draft"),
        ("9", "'9'"),
    ):
        with pytest.raises(UnknownRef, match=said):
            find_card(collection, ref)


def test_drafts_are_listed_where_they_are_asked_for(collection: Collection) -> None:
    assert [card.id for card in find_cards(collection, "4.7.2", drafts=True)] == ["4.7.2"]


def test_one_unknown_ref_among_good_ones_is_named(collection: Collection) -> None:
    with pytest.raises(UnknownRef, match="'7'"):
        find_cards(collection, ["4.7", "7"])


def test_the_name_of_a_collection_may_be_given_or_left_out(tmp_path: Path) -> None:
    mine = make_collection(tmp_path, name="mine")
    assert [card.id for card in find_cards(mine, "mine:4.1.1")] == ["mine:4.1.1"]
    assert [card.id for card in find_cards(mine, "4.1.1")] == ["mine:4.1.1"]
    with pytest.raises(UnknownRef, match=r"did you mean mine:4\.1\.1"):
        find_cards(mine, "yours:4.1.1")


@pytest.mark.parametrize(
    "ref", ["", " ", "/", "...", "\x1b[31m", "4.7.1/\x1b[31m", "9" * 10_000, "4." * 10_000, "\ud800", ":"]
)
def test_a_hostile_ref_is_answered_in_one_printable_line(ref: str, collection: Collection) -> None:
    with pytest.raises(UnknownRef) as caught:
        find_cards(collection, ref)
    assert caught.value.en.isprintable()
    assert len(caught.value.en) < 200


def test_an_empty_collection_knows_no_ref() -> None:
    assert find_cards(Collection("", ()), []) == ()
    with pytest.raises(UnknownRef):
        find_questions(Collection("", ()), "4.1")
