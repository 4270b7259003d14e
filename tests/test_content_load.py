"""Banks and answers become a collection, and the same one from the index."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from content_files import SOUND, write_files
from hypothesis import given, settings
from hypothesis import strategies as st

import attnquiz.content.load
import attnquiz.content.parse
from attnquiz.content import index
from attnquiz.content.files import scan_banks
from attnquiz.content.load import load_collection
from attnquiz.content.model import Bank, Collection, FollowUp, Point, Question, Reference, Words
from attnquiz.errors import BadBank

BANK = "section: {0}\ntitle: {{en: a, zh: b}}\nquestions:\n"
QUESTION = (
    "  - {{id: {0}, ask: {{en: a, zh: b}}, difficulty: 1, weight: 1, minutes: 1, points: [{{id: p, en: a, zh: b}}]}}\n"
)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return shutil.copytree(SOUND, tmp_path / "sound")


def load(folder: Path, index_path: Path | None = None, name: str = "") -> Collection:
    return load_collection(folder / "questions", folder / "answers", index_path, name)


def write_bank(*ids: str) -> str:
    return BANK.format(ids[0].rpartition(".")[0]) + "".join(QUESTION.format(id_) for id_ in ids)


@pytest.fixture
def no_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise AssertionError("a bank was parsed")

    monkeypatch.setattr(attnquiz.content.parse, "parse_bank", refuse)


def test_ids_stay_as_they_are_written_and_stand_in_natural_order(tmp_path: Path) -> None:
    folder = write_files(
        tmp_path,
        {
            "questions/b.yaml": write_bank("4.10.2", "4.10.10", "4.10.1"),
            "questions/a.yaml": write_bank("4.2.1"),
            "questions/c.yaml": write_bank("2.1"),
            "questions/notes.txt": "no bank",
            "questions/.hidden.yaml": "no bank either",
        },
    )
    collection = load(folder)
    assert collection.sections == ("2", "4.2", "4.10")
    assert [question.id for question in collection.questions] == ["2.1", "4.2.1", "4.10.1", "4.10.2", "4.10.10"]


def test_a_question_has_all_that_its_bank_says(sound: Path) -> None:
    question = load(sound).questions[0]
    assert (
        question.ask.text("en")
        == "Why does a dynamic array grow by a factor when it is full, rather than by a constant?"
    )
    assert question.ask.text("zh").startswith("动态数组")
    assert (question.difficulty, question.weight, question.minutes) == (2, 3, 3)
    assert question.tags == ("arrays", "amortised")
    assert question.points[1].cues == (("constant step|固定步长", "O(n^2)|quadratic|平方"),)
    assert [point.claim for point in question.points] == [1, 2, None]
    assert question.follow_ups[1].answer.en.startswith("No. ")
    assert question.refs[0] == Reference(
        "Tarjan", 1985, "Amortized Computational Complexity", None, "10.1137/0606031", None
    )


def test_cards_are_made_of_written_questions_only(sound: Path) -> None:
    cards = load(sound, name="mine").cards()
    assert [card.id for card in cards] == [
        "mine:4.2.1", "mine:4.2.1/f1", "mine:4.2.1/f2", "mine:4.2.1/code", "mine:4.2.1/bug1", "mine:4.2.1/bug2",
    ]  # fmt: skip
    assert [(card.kind, card.index) for card in cards[2:5]] == [("follow_up", 2), ("exercise", None), ("bug", 1)]
    assert {card.section for card in cards} == {"4.2"}


def test_the_folder_of_an_answer_is_found_by_the_whole_id(tmp_path: Path) -> None:
    folder = write_files(
        tmp_path,
        {
            "questions/a.yaml": write_bank("4.1.1", "4.1.10"),
            "answers/4.1.10-ten/answer.en.md": "ten",
            "answers/4.1.1-one/answer.en.md": "one",
        },
    )
    assert [question.answer("en") for question in load(folder).questions] == ["one", "ten"]


def test_an_answer_falls_back_to_the_other_language_and_then_to_nothing(sound: Path) -> None:
    first, draft, *_ = load(sound).questions
    assert first.answer("zh").startswith("## 一句话")
    (sound / "answers/4.2.1-growth/answer.zh.md").unlink()
    assert first.answer("zh").startswith("## In one sentence")
    assert draft.answer("en") == ""


def test_an_answer_sends_no_escape_codes(sound: Path) -> None:
    (sound / "answers/4.2.1-growth/answer.en.md").write_bytes(b"\xef\xbb\xbfa\x1b[31mb\x00\xffc\r\n\td")
    assert load(sound).questions[0].answer("en") == "a\ufffd[31mb\ufffd\ufffdc\n\td"


def test_links_that_leave_the_answers_are_not_followed(sound: Path) -> None:
    folder = sound / "answers/4.2.1-growth"
    (sound / "secret.md").write_text("secret", encoding="utf-8")
    (folder / "answer.en.md").unlink()
    try:
        (folder / "answer.en.md").symlink_to(sound / "secret.md")
    except OSError:
        pytest.skip("this system does not let us make links")
    assert load(sound).questions[0].answer("en").startswith("## 一句话")
    (sound / "answers/4.10.1-table").symlink_to(sound)
    with pytest.raises(BadBank, match="leads out of its folder"):
        load(sound)


def test_a_link_that_leads_to_itself_is_no_folder(sound: Path) -> None:
    try:
        (sound / "answers/4.2.2-loop").symlink_to(sound / "answers/4.2.2-loop")
    except OSError:
        pytest.skip("this system does not let us make links")
    assert load(sound).questions[1].folder is None


def test_two_folders_for_one_question_are_refused(sound: Path) -> None:
    (sound / "answers/4.2.1-size").mkdir()
    with pytest.raises(BadBank, match=r"4\.2\.1 already has the folder 4\.2\.1-growth"):
        load(sound)


def test_a_collection_may_do_without_answers(sound: Path) -> None:
    shutil.rmtree(sound / "answers")
    assert load(sound).questions[0].folder is None


def test_the_parser_in_python_reads_what_the_one_in_c_reads(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_c = load(sound)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert load(sound) == with_c


def test_a_warm_index_gives_the_same_collection(sound: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    cold = load(sound, tmp_path / "home/index")
    request.getfixturevalue("no_parsing")
    assert load(sound, tmp_path / "home/index") == cold


def test_a_warm_start_imports_no_yaml(sound: Path, tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from attnquiz.content.load import load_collection as load\n"
        "a, b, c = map(pathlib.Path, sys.argv[1:]); collection = load(a, b, c)\n"
        "print(collection.cards()[0].question.points[0].id, 'yaml' in sys.modules)"
    )
    argv = [sys.executable, "-c", code, str(sound / "questions"), str(sound / "answers"), str(tmp_path / "index")]
    said = [subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split() for _ in range(2)]
    assert said == [["copies", "True"], ["copies", "False"]]


@pytest.mark.parametrize("change", ["content", "time", "more", "fewer", "version"])
def test_any_change_makes_the_index_stale(
    change: str, sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(sound, tmp_path / "index")
    bank = sound / "questions/4.02-lists.yaml"
    stat = bank.stat()
    if change == "content":
        bank.write_text(bank.read_text(encoding="utf-8").replace("amortised]", "amortised, new]"), encoding="utf-8")
        os.utime(bank, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    elif change == "time":
        os.utime(bank, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))
    elif change == "more":
        (sound / "questions/5.yaml").write_text(write_bank("5.1"), encoding="utf-8")
    elif change == "fewer":
        (sound / "questions/4.10-tables.yaml").unlink()
        bank.write_text(bank.read_text(encoding="utf-8").replace("4.10.1", "4.2.2"), encoding="utf-8")
    else:
        monkeypatch.setattr(index, "__version__", "99")
    files, _ = scan_banks(sound / "questions")
    assert index.read_index(tmp_path / "index", files) is None
    assert load(sound, tmp_path / "index") == load(sound)
    assert index.read_index(tmp_path / "index", files) is not None


def test_a_new_folder_of_answers_is_seen_with_a_warm_index(sound: Path, tmp_path: Path) -> None:
    load(sound, tmp_path / "index")
    shutil.rmtree(sound / "answers/4.2.1-growth/exercise")
    (sound / "answers/4.2.2-shrink").mkdir()
    collection = load(sound, tmp_path / "index")
    assert [card.id for card in collection.cards()] == ["4.2.1", "4.2.1/f1", "4.2.1/f2"]
    assert collection.questions[1].folder == sound / "answers/4.2.2-shrink"


@pytest.mark.parametrize("damage", [b"", b"\n\n", b"\x80\x04N.", b"[]\n00000000\n[]", b"\0" * 100])
def test_a_file_that_is_no_index_is_replaced(damage: bytes, sound: Path, tmp_path: Path) -> None:
    path = tmp_path / "index"
    path.write_bytes(damage)
    assert load(sound, path) == load(sound)
    assert path.read_bytes() != damage


@pytest.fixture(scope="module")
def warm_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("warm") / "index"
    load(SOUND, path)
    return path


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_index_is_noticed(warm_index: Path, data: st.DataObject) -> None:
    whole = warm_index.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    copy = warm_index.with_name("damaged")
    copy.write_bytes(whole[:at] if data.draw(st.booleans()) else flipped)
    files, _ = scan_banks(SOUND / "questions")
    assert index.read_index(warm_index, files) is not None
    assert index.read_index(copy, files) is None


def test_an_index_that_cannot_be_written_is_done_without(sound: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    (tmp_path / "index").mkdir()
    for path in (tmp_path / "file/index", tmp_path / "index"):
        assert load(sound, path) == load(sound)
    assert [path.name for path in tmp_path.iterdir() if "index" in path.name] == ["index"]


def test_starts_at_the_same_time_do_not_disturb_each_other(sound: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(lambda _: load(sound, tmp_path / "home/index"), range(12)))
    assert all(collection == loaded[0] for collection in loaded)
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["index"]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WORDS = st.builds(Words, TEXT, TEXT)
LISTED = st.lists(TEXT, max_size=3).map(tuple)
QUESTIONS = st.builds(
    Question,
    id=TEXT,
    section=st.just("4.1"),
    ask=WORDS,
    difficulty=st.integers(1, 5),
    weight=st.integers(1, 4),
    minutes=st.integers(1, 15),
    tags=LISTED,
    hint=st.none() | WORDS,
    points=st.lists(
        st.builds(Point, TEXT, WORDS, st.none() | st.integers(1, 9), st.lists(LISTED, max_size=2).map(tuple)),
        max_size=3,
    ).map(tuple),
    follow_ups=st.lists(st.builds(FollowUp, WORDS, WORDS), max_size=3).map(tuple),
    refs=st.lists(st.builds(Reference, TEXT, st.integers(1900, 2100), TEXT, *[st.none() | TEXT] * 3), max_size=2).map(
        tuple
    ),
    draft=st.booleans(),
    folder=st.none(),
)


@settings(max_examples=60, deadline=None)
@given(questions=st.lists(QUESTIONS, max_size=4), title=WORDS)
def test_what_is_written_to_the_index_is_read_from_it(questions: list[Question], title: Words) -> None:
    banks = [Bank("4.1", title, Path("questions/a.yaml"), tuple(questions)), Bank("4.2", title, Path("b.yaml"), ())]
    decoded = index.decode(index.encode(banks), {})
    assert decoded == tuple(banks)
    for before, after in zip(questions, decoded[0].questions, strict=True):
        assert tuple(after.points) == before.points
        assert (len(after.follow_ups), after.refs[:1]) == (len(before.follow_ups), before.refs[:1])
        assert hash(after) == hash(before)


def test_a_line_end_in_chinese_is_no_space(tmp_path: Path) -> None:
    text = SMALL.replace("zh: 为什么？", "zh:\n          因为甲，\n          所以乙。")
    folder = tmp_path / "questions"
    folder.mkdir()
    (folder / "4.1.yaml").write_text(text, encoding="utf-8")
    (question,) = load_collection(folder, tmp_path / "answers", None).questions
    assert question.ask.zh == "因为甲，所以乙。"


SMALL = """section: "4.1"
title: {en: Small, zh: 小}
questions:
  - id: 4.1.1
    ask:
      en: Why so?
      zh: 为什么？
    draft: true
"""
