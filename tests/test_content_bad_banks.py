"""Every fault of a bank is found where it is, and nothing that a file holds gets past BadBank."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from content_files import SOUND, write_files
from hypothesis import given, settings
from hypothesis import strategies as st

from attnquiz.content.lint import check_collection
from attnquiz.content.load import load_collection
from attnquiz.content.problems import Problem
from attnquiz.errors import BadBank

LISTS = (SOUND / "questions/4.02-lists.yaml").read_text(encoding="utf-8")
TABLES = (SOUND / "questions/4.10-tables.yaml").read_text(encoding="utf-8")
HERE = "¦"  # in what is planted: the place that the problem must name

# code, text of the sound bank, what it is replaced by; a second pair where the place is not in the first
PLANTED = [
    ("unknown-key", "    difficulty: 2", "    difficulty: 2\n    ¦dificulty: 2"),
    ("unknown-key", "title: {en: Lists", "title: {en: Lists, ¦de: Listen"),
    ("unknown-key", "        claim: 1\n", "        claim: 1\n        ¦claims: 1\n"),
    ("missing-key", "    difficulty: 2\n", "", "- id: 4.2.1", "- ¦id: 4.2.1"),
    ("missing-key", "    points:\n", "    tips:\n", "- id: 4.2.1", "- ¦id: 4.2.1"),
    ("missing-key", 'section: "4.2"', "", "title: {en", "¦title: {en"),
    ("missing-key", "ask: {en: 'Is every append fast?', zh: 每次追加都快吗？}", "ask: ¦{en: 'Is every append fast?'}"),
    ("missing-key", ", title: Resizable Arrays", "", "{authors: Brodnik", "¦{authors: Brodnik"),
    ("wrong-type", "tags: [arrays, amortised]", "tags: ¦arrays"),
    ("wrong-type", "difficulty: 2", "difficulty: ¦hard"),
    ("wrong-type", "difficulty: 2", "difficulty: ¦2.0"),
    ("wrong-type", "weight: 3", "weight: ¦[3]"),
    ("wrong-type", "claim: 1", "claim: ¦one"),
    ("wrong-type", "draft: true", "draft: ¦yes"),
    ("wrong-type", "title: {en: Lists, zh: 列表}", "title: ¦Lists"),
    ("wrong-type", "en: Doubling copies", "en: ¦{x: y} #"),
    ("wrong-type", "[spare|空闲]", "¦spare|空闲"),
    ("wrong-type", "[unused, memory]", "[unused, ¦[memory]]"),
    ("empty-text", "en: 'Why do some libraries use 1.5?'", 'en: ¦""'),
    ("empty-text", "en: 'Why do some libraries use 1.5?'", "en: ¦~"),
    ("empty-text", "id: waste", "id: ¦''"),
    ("empty-text", "tags: [arrays, amortised]", "tags: ¦[]"),
    ("empty-text", "[unused, memory]", "¦[]"),
    ("out-of-range", "difficulty: 2", "difficulty: ¦6"),
    ("out-of-range", "weight: 3", "weight: ¦5"),
    ("out-of-range", "minutes: 3", "minutes: ¦16"),
    ("out-of-range", "minutes: 3", "minutes: ¦-1"),
    ("out-of-range", "claim: 2", "claim: ¦0"),
    ("out-of-range", "year: 1985", "year: ¦1685"),
    ("bad-section", 'section: "4.2"', "section: ¦four"),
    ("bad-section", 'section: "4.2"', "section: ¦4.02"),
    ("bad-id", "id: 4.2.1", "id: ¦4.20.1"),
    ("bad-id", "id: 4.2.1", "id: ¦4.2.1.1"),
    ("bad-id", "id: 4.2.1", "id: ¦4.2"),
    ("bad-id", "id: 4.2.1", "id: ¦４.2.1"),
    ("duplicate-id", "id: 4.2.1", "id: ¦4.2.2"),
    ("duplicate-key", "    weight: 3\n", "    weight: 3\n    ¦weight: 4\n"),
    ("key-not-text", "    weight: 3\n", "    weight: 3\n    ? ¦[a]\n    : b\n"),
    ("bad-point-id", "id: waste", "id: ¦Spare room"),
    ("duplicate-point", "id: waste", "id: ¦copies"),
    ("duplicate-tag", "[arrays, amortised]", "[arrays, ¦arrays]"),
    ("no-locator", "      - {authors: Tarjan", "      - ¦{authors: Tarjan", ", doi: 10.1137/0606031", ""),
    ("bad-doi", "doi: 10.1137/0606031", "doi: ¦https://doi.org/10.1137/0606031"),
    ("bad-arxiv", "doi: 10.1137/0606031", "arxiv: ¦17060.3762"),
    ("bad-url", '"https://example.org/arrays"', '¦"javascript:alert(1)"'),
    ("anchor", "difficulty: 2", "difficulty: ¦&a 2"),
    ("anchor", "difficulty: 2", "difficulty: &a 2", "section: ", "section: ¦&b "),
    ("anchor", "weight: 3", "weight: ¦*a"),
    ("tag", "difficulty: 2", "difficulty: ¦!!int 2"),
    ("tag", "difficulty: 2", "difficulty: ¦!!python/object/apply:os.system [echo]"),
    ("tag", "tags: [", "tags: ¦!!set ["),
    ("too-deep", "weight: 3", f"weight: {'[' * 13}¦["),
    ("second-document", "questions:", "¦---\nquestions:"),
    ("bad-yaml", "en: Why does a dynamic", "en: Why¦: does a dynamic"),
    ("bad-yaml", "tags: [arrays, amortised]", "tags: [arrays, amortised", "hint:", "hint¦:"),
    ("bad-yaml", "minutes: 3", "minutes: ¦@3"),
    ("tab", "    minutes: 3", "    minutes: 3 ¦\t# about"),
    ("tab", "en: Lists", 'en: ¦"Li\\tsts"'),
    ("control-character", "en: Lists", 'en: ¦"\\e[31mLists"'),
    ("control-character", "en: Lists", 'en: ¦"\\x9b31mLists"'),
    ("control-character", "en: Lists", "en: ¦\x1b[31mLists"),
    ("control-character", "en: Lists", "en: Li¦\0sts"),
    ("control-character", "en: Lists", "en: Li¦\u202ests"),
    ("control-character", "en: Lists", "en: Li¦\rsts"),
    ("control-character", "difficulty: 2", 'difficulty: 2\n    ¦"\\a": 3'),
    ("bad-cue", "[unused, memory]", "[unused, ¦'|']"),
    ("bad-cue", "[unused, memory]", "[unused, ¦'memory||room']"),
    ("bad-cue", "[unused, memory]", "[unused, ¦'...']"),
    ("math-open", "en: The price is spare", "en: ¦The $price is spare"),
    ("math-unbalanced", "en: The price is spare", "en: ¦The price $x_{1$ is spare"),
    ("unknown-ref", "zh: 释放的块之后可以再用；见 4.10.1。", "zh: ¦释放的块之后可以再用；见 4.10.9。"),
    ("no-claim", "claim: 2", "claim: ¦3"),
]


def plant(text: str, *edits: str) -> tuple[str, int, int]:
    """The text with each odd edit replaced by the next, and the place that was marked."""
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    before, marked, after = text.partition(HERE)
    assert marked
    return before + after, before.count("\n") + 1, len(before) - before.rfind("\n")


def lint(questions: Path) -> list[Problem]:
    """The collection of the examples, with another folder of banks."""
    return check_collection(questions, SOUND / "answers", complete=False)


def load(folder: Path) -> None:
    load_collection(folder, folder / "answers", None)


@pytest.mark.parametrize(("code", "edits"), [(code, edits) for code, *edits in PLANTED])
def test_a_planted_fault_is_found_in_its_place(code: str, edits: list[str], tmp_path: Path) -> None:
    text, line, column = plant(LISTS, *edits)
    folder = write_files(tmp_path, {"4.10-tables.yaml": TABLES})
    bank = folder / "bank.yaml"
    bank.write_bytes(text.encode("utf-8"))
    found = [(problem.file, problem.code, problem.line, problem.column) for problem in lint(folder)]
    assert (str(bank), code, line, column) in found
    if code not in {"bad-cue", "math-open", "math-unbalanced", "unknown-ref", "no-claim"}:
        with pytest.raises(BadBank, match=f"^{bank}:[0-9]+:[0-9]+: "):
            load(folder)


def test_the_first_fault_is_shown_and_the_others_are_counted(tmp_path: Path) -> None:
    folder = write_files(
        tmp_path, {"a.yaml": LISTS.replace("difficulty: 2", "dificulty: 2").replace("weight: 3", "weight: 9")}
    )
    with pytest.raises(BadBank) as caught:
        load(folder)
    place = f"{folder / 'a.yaml'}:10:5: "
    assert caught.value.text("en") == (
        f"{place}'difficulty' is missing in question 4.2.1; add it (2 more: `attnquiz lint` shows all)"
    )
    assert caught.value.text("zh") == (
        f"{place}题目 4.2.1缺少“difficulty”；请补上（另有 2 处，`attnquiz lint` 会全部列出）"
    )


def test_a_misspelt_key_is_answered_with_the_nearest(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"a.yaml": LISTS.replace("minutes: 3", "minuts: 3")})
    messages = [problem.message for problem in lint(folder) if problem.code == "unknown-key"]
    assert messages == ["unknown key 'minuts'; did you mean 'minutes'?"]


BYTES = [
    ("bad-encoding", LISTS.encode("gb18030"), (3, 24)),
    ("bad-encoding", b"\xff\xfe" + LISTS.encode("utf-16-le"), (1, 1)),
    ("bad-encoding", "标题: x\n标题: ".encode() + b"ab\xff", (2, 7)),
    ("byte-order-mark", b"\xef\xbb\xbf" + LISTS.encode(), (1, 1)),
    ("empty-bank", b"", (1, 1)),
    ("empty-bank", b"# only a remark\n", (1, 1)),
    ("too-big", b"#" * 2_000_001, (1, 1)),
    ("too-deep", b"[" * 900, (1, 17)),
    ("bad-yaml", b"[" * 1_000_000, (1, 1001)),
    ("too-deep", b"- " * 900_000, (1, 33)),
    ("too-deep", b"? " * 900_000, (1, 33)),
    ("too-deep", b"{a: " * 400_000, (1, 62)),
    ("too-many", b"[" + b"a," * 60_000 + b"]", (1, 100_000)),
    ("anchor", b"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", (1, 4)),
    ("wrong-type", b"- a\n- b\n", (1, 1)),
]


@pytest.mark.parametrize(("code", "data", "place"), BYTES, ids=[f"{code}-{at}" for at, (code, *_) in enumerate(BYTES)])
def test_a_file_that_is_no_bank_is_refused_with_one_line(
    code: str, data: bytes, place: tuple[int, int], tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_bytes(data)
    assert (code, *place) in [(problem.code, problem.line, problem.column) for problem in lint(tmp_path)]
    with pytest.raises(BadBank) as caught:
        load(tmp_path)
    assert "\n" not in caught.value.en
    assert "\n" not in caught.value.zh


def codes(folder: Path) -> list[str]:
    with pytest.raises(BadBank):
        load(folder)
    return [problem.code for problem in lint(folder)]


def test_a_folder_named_like_a_bank_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    assert codes(tmp_path) == ["not-a-bank"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with a name are a thing of Unix")
def test_a_pipe_named_like_a_bank_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert codes(tmp_path) == ["not-a-bank"]


def test_no_folder_and_no_banks_are_different_faults(tmp_path: Path) -> None:
    assert codes(tmp_path) == ["no-banks"]
    assert codes(tmp_path / "nowhere") == ["no-folder"]


def test_a_link_to_a_bank_outside_is_refused_and_one_inside_is_followed(tmp_path: Path) -> None:
    folder = write_files(tmp_path, {"outside.yaml": LISTS, "in/sub/x.yaml": LISTS, "out/sub/x.txt": ""})
    try:
        (folder / "in/a.yaml").symlink_to(folder / "in/sub/x.yaml")
        (folder / "out/a.yaml").symlink_to(folder / "outside.yaml")
        (folder / "out/dead.yaml").symlink_to(folder / "nowhere.yaml")
        (folder / "out/loop.yaml").symlink_to(folder / "out/loop.yaml")
    except OSError:
        pytest.skip("this system does not let us make links")
    load(folder / "in")
    assert codes(folder / "out") == ["link-leaves", "link-leaves", "not-a-bank"]


def test_two_banks_of_one_section_are_refused(tmp_path: Path) -> None:
    folder = write_files(
        tmp_path, {"a.yaml": LISTS, "b.yaml": LISTS.replace('section: "4.2"', 'section: "4.2" # again')}
    )
    assert [(Path(p.file).name, p.code, p.line, p.column) for p in lint(folder) if "section" in p.code] == [
        ("b.yaml", "duplicate-section", 2, 10)
    ]


def test_a_section_may_not_be_a_question_of_another_bank(tmp_path: Path) -> None:
    whole = "section: 4\ntitle: {en: a, zh: b}\nquestions: [{id: 4.2, ask: {en: a, zh: b}, draft: true}]\n"
    folder = write_files(tmp_path, {"a.yaml": whole, "b.yaml": LISTS})
    assert "section-is-question" in codes(folder)


def test_names_and_quoted_text_send_no_escape_codes(tmp_path: Path) -> None:
    try:
        (tmp_path / "a\x1b[31m.yaml").write_text('{"\\e[31mkey": 1}', encoding="utf-8")
    except OSError:
        pytest.skip("this system does not allow such names")
    for problem in lint(tmp_path):
        assert (problem.where + problem.message + problem.zh).isprintable()


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_badbank(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    load_bytes(data, tmp_path_factory.getbasetemp() / "random")


PIECES = ["---\n", "? ", ": ", "- ", "\n", "  ", "&a", "*a", "!x", *"[]{}'\"|>#~é$\\%@`"]


@settings(max_examples=200, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_mutated_banks_raise_nothing_but_badbank(seed: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    dice = random.Random(seed)
    text = LISTS
    for _ in range(dice.randint(1, 6)):
        start = dice.randrange(len(text))
        end = start + dice.choice([0, 0, 1, 5, 40])
        text = text[:start] + dice.choice(PIECES) * dice.choice([1, 1, 3]) + text[end:]
    load_bytes(text.encode(), tmp_path_factory.getbasetemp() / "mutated")


def load_bytes(data: bytes, folder: Path) -> None:
    """Load, and lint, a collection whose only bank has this content."""
    folder.mkdir(exist_ok=True)
    (folder / "a.yaml").write_bytes(data)
    said = ""
    try:
        load(folder)
    except BadBank as error:
        said = error.en
    assert said.isprintable()
    assert said.startswith(f"{folder / 'a.yaml'}:") or not said
    assert lint(folder) or not said
