"""Lint finds what is wrong with answers and with what links them to their banks; `complete` finds what is missing."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from content_files import SOUND

from attnquiz.content.lint import check_collection
from attnquiz.content.messages import MESSAGES
from attnquiz.content.problems import Problem

BANK = "questions/4.02-lists.yaml"
EN = "answers/4.2.1-growth/answer.en.md"
ZH = "answers/4.2.1-growth/answer.zh.md"
DEMO = "answers/4.2.1-growth/demo.py"
HERE = "¦"

# code, file, text of it, what it is replaced by; a second pair where the place is not in the first
PLANTED = [
    ("control-character", EN, "one piece of memory", "one ¦\x1b[31mpiece of memory"),
    ("math-open", EN, "makes room for $n$ elements", "makes room for ¦$n elements"),
    ("math-open", ZH, "为了容纳 $n$ 个", "为了容纳 n¦$ 个"),
    ("math-unbalanced", EN, "$1/(f-1)$", "¦$1/{f-1$"),
    ("math-unbalanced", EN, "$n/2 + n/4 + \\dots$", "¦$\\left(n/2$"),
    ("math-unbalanced", EN, "$n/2 + n/4 + \\dots$", "¦$$\\begin{aligned}n/2$$"),
    ("unknown-ref", EN, "see 4.10.1 and 4.2.2", "see 4.10.1 and ¦4.2.3"),
    ("unknown-ref", EN, "see 4.10.1 and 4.2.2", "see ¦4.2.1/f3"),
    ("unknown-ref", ZH, "见 4.10.1、4.2.2", "见 4.10.1、¦4.3"),
    ("dead-link", EN, "[the demo](demo.py)", "[the demo](¦demo2.py)"),
    ("link-out", EN, "[the demo](demo.py)", "[the demo](¦../4.10.1-hash/answer.zh.md)"),
    ("link-out", EN, "[the demo](demo.py)", "![x](¦/etc/passwd)"),
    ("link-out", EN, "[the demo](demo.py)", "[x](¦file:///etc/passwd)"),
    ("link-out", EN, "[the demo](demo.py)", "[x](¦javascript:alert)"),
    ("link-out", EN, "[the demo](demo.py)", "[x](¦%2e%2e/%2e%2e/x)"),
    ("link-out", EN, "[the demo](demo.py)", "<img src='¦..\\..\\x'>"),
    ("link-out", EN, "## When pressed", "[x]: ¦../x\n\n## When pressed"),
    ("no-claim", DEMO, "# ## Claim 2: a", "# A", BANK, "claim: 2", "claim: ¦2"),
    ("no-claim", DEMO, "# ## Claim 2: a", "# ## Claim 3: a", BANK, "claim: 2", "claim: ¦2"),
]

INCOMPLETE = [
    ("heading", EN, "## When pressed", "¦## Under pressure"),
    ("heading", EN, "## When pressed", "¦## Once more\n\n## When pressed"),
    ("heading", ZH, "## 别这么说\n\n“追加是常数时间。”平均是，单次可能是 $O(n)$。\n", "¦"),
    ("text-before-heading", EN, "## In one sentence", "¦Hello.\n\n## In one sentence"),
    ("one-sentence", EN, "## In one sentence", "¦## In one sentence\n\nListen.\n"),
    ("one-sentence", ZH, "## 一句话\n", "¦## 一句话\n\n很简单！"),
    ("length", EN, "## The answer", "¦## The answer", EN, "The cost is an average over", "```"),
    ("length", ZH, "## 回答", "¦## 回答", ZH, "最后要说清楚", "```\n最后"),
    ("incomplete", BANK, "tags: [arrays, amortised]", "", BANK, "id: 4.2.1", "id: ¦4.2.1"),
    ("few-claims", BANK, "        claim: 1\n", "", BANK, "      - id: copies", "      ¦- id: copies"),
    ("no-cues", BANK, "        cues: [[spare|空闲], [unused, memory]]\n", "", BANK, "id: waste", "id: ¦waste"),
    ("cue-in-question", BANK, "[[spare|空闲], [", "[[spare|空闲], ¦[grow|增长, array], ["),
    ("cue-in-question", BANK, "[[spare|空闲], [", "[[spare|空闲], ¦[扩容], ["),
    ("cue-in-hint", BANK, "[[spare|空闲], [", "[[spare|空闲], ¦[million], ["),
    ("cue-misses-point", BANK, "[spare|空闲]", "[spare]", BANK, "zh: 代价是空闲", "zh: ¦代价是空闲"),
    ("no-claims", DEMO, "# %% [markdown]\n# # Why", "¦# # Why", DEMO, "Claim 1:", "One:", DEMO, "Claim 2:", "Two:"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(SOUND, tmp_path / "sound")


def check(folder: Path, complete: bool = False) -> list[Problem]:
    return check_collection(folder / "questions", folder / "answers", complete)


def plant(folder: Path, edits: tuple[str, ...]) -> tuple[str, int, int]:
    """Replace texts in files, and return the marked place: file, line, column."""
    place = None
    for name, old, new in zip(edits[::3], edits[1::3], edits[2::3], strict=True):
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, old
        before, marked, after = text.replace(old, new).partition(HERE)
        path.write_text(before + after, encoding="utf-8")
        if marked:
            place = str(path), before.count("\n") + 1, len(before) - before.rfind("\n")
    assert place is not None
    return place


def places(problems: list[Problem]) -> list[tuple[str, str, int, int]]:
    return [(problem.code, problem.file, problem.line, problem.column) for problem in problems]


def test_a_sound_collection_has_no_problems() -> None:
    assert check(SOUND, complete=True) == []


@pytest.mark.parametrize(("code", "edits"), [(code, tuple(edits)) for code, *edits in PLANTED])
def test_a_planted_fault_is_found_in_its_place(code: str, edits: tuple[str, ...], folder: Path) -> None:
    place = plant(folder, edits)
    assert (code, *place) in places(check(folder))


@pytest.mark.parametrize(("code", "edits"), [(code, tuple(edits)) for code, *edits in INCOMPLETE])
def test_what_is_missing_is_found_by_complete_alone(code: str, edits: tuple[str, ...], folder: Path) -> None:
    place = plant(folder, edits)
    assert (code, *place) in places(check(folder, complete=True))
    assert code not in {problem.code for problem in check(folder)}


def test_a_question_without_an_answer_is_a_fault_unless_it_is_a_draft(folder: Path) -> None:
    (folder / EN).unlink()
    assert check(folder) == []
    (folder / ZH).unlink()
    assert places(check(folder)) == [("no-answer", str(folder / BANK), 10, 9)]
    bank = folder / BANK
    bank.write_text(
        bank.read_text(encoding="utf-8").replace("minutes: 3", "minutes: 3\n    draft: true"), encoding="utf-8"
    )
    assert check(folder, complete=True) == []


def test_complete_demands_both_languages(folder: Path) -> None:
    (folder / ZH).unlink()
    assert [problem.message for problem in check(folder, complete=True)] == [
        "question 4.2.1 has no answer.zh.md; add it"
    ]


def test_a_point_may_not_name_a_claim_where_there_is_no_demo(folder: Path) -> None:
    (folder / DEMO).unlink()
    assert {problem.code for problem in check(folder)} == {"no-demo", "dead-link"}
    assert "incomplete" in {problem.code for problem in check(folder, complete=True)}


def test_complete_demands_a_hint(folder: Path) -> None:
    text = (folder / BANK).read_text(encoding="utf-8")
    (folder / BANK).write_text(re.sub(r"    hint:\n(?:      .*\n)+", "", text), encoding="utf-8")
    assert [problem.message for problem in check(folder, complete=True)] == ["question 4.2.1 has no hint; add it"]


def test_the_number_of_points_and_follow_ups_is_bounded(folder: Path) -> None:
    bank = folder / BANK
    text = bank.read_text(encoding="utf-8")
    spare = re.search(r"      - id: waste\n(?:        .*\n)+", text)
    first = re.search(r"      - ask: .*\n        answer: .*\n", text)
    assert spare
    assert first
    bank.write_text(text.replace(spare[0], "").replace(first[0], ""), encoding="utf-8")
    assert [(problem.code, problem.message) for problem in check(folder, complete=True)] == [
        ("count", "question 4.2.1 has 2 points; write 3 to 6"),
        ("count", "question 4.2.1 has 1 follow-ups; write 2 to 4"),
    ]


def test_folders_that_belong_to_no_question_are_found(folder: Path) -> None:
    for name in ("4.2.10-other", "notes", "4.2.1-again"):
        (folder / "answers" / name).mkdir()
    (folder / "answers/__pycache__").mkdir()
    found = [(problem.code, Path(problem.file).name) for problem in check(folder)]
    assert [(code, name) for code, name in found if code.endswith("-folder")] == [
        ("duplicate-folder", "4.2.1-growth"),
        ("orphan-folder", "4.2.10-other"),
        ("orphan-folder", "notes"),
    ]


def test_links_out_of_a_question_s_folder_are_found(folder: Path) -> None:
    try:
        (folder / "answers/4.2.1-growth/exercise/data").symlink_to(folder)
        (folder / "answers/4.2.1-growth/more.md").symlink_to(folder / "nowhere.md")
        (folder / "answers/4.2.2-away").symlink_to(folder.parent)
    except OSError:
        pytest.skip("this system does not let us make links")
    assert [(problem.code, Path(problem.file).name) for problem in check(folder)] == [
        ("link-leaves", "data"),
        ("link-leaves", "more.md"),
        ("link-leaves", "4.2.2-away"),
    ]


def test_a_file_with_another_suffix_is_pointed_out(folder: Path) -> None:
    (folder / "questions/5.yml").write_text("", encoding="utf-8")
    assert [problem.code for problem in check(folder)] == ["yml-suffix"]


def test_an_answer_that_is_not_utf_8_is_found_in_its_place(folder: Path) -> None:
    (folder / ZH).write_bytes("## 一句话\n\n".encode() + "翻倍".encode("gb18030"))
    assert ("bad-encoding", str(folder / ZH), 3, 1) in places(check(folder, complete=True))


def test_faults_of_one_question_do_not_hide_those_of_another(folder: Path) -> None:
    plant(folder, (BANK, "    draft: true", "    ¦drfat: true"))
    plant(folder, (EN, "[the demo](demo.py)", "[the demo](¦demo2.py)"))
    assert {problem.code for problem in check(folder)} == {"unknown-key", "missing-key", "dead-link"}


def test_a_bank_that_cannot_be_read_makes_no_orphans(folder: Path) -> None:
    (folder / BANK).write_text("section: [", encoding="utf-8")
    assert [problem.code for problem in check(folder)] == ["bad-yaml"]


def test_the_demo_is_checked_by_whoever_knows_demos(folder: Path) -> None:
    asked = []

    def check_demo(source: str, path: str) -> list[tuple[int, int, str, str]]:
        asked.append((source.splitlines()[0], path))
        return [(7, 1, "no-seed", "has no seed; add one")]

    problems = check_collection(folder / "questions", folder / "answers", complete=False, check_demo=check_demo)
    assert asked == [("# %% [markdown]", str(folder / DEMO))]
    assert places(problems) == [("no-seed", str(folder / DEMO), 7, 1)]


def test_problems_come_in_the_order_of_their_places(folder: Path) -> None:
    plant(folder, (EN, "[the demo](demo.py)", "[the demo](¦demo2.py)"))
    plant(folder, (EN, "## In one sentence", "¦$ ## In one sentence"))
    plant(folder, (BANK, "weight: 3", "¦weight: 9"))
    assert [problem.code for problem in check(folder)] == ["math-open", "dead-link", "out-of-range"]


@pytest.mark.parametrize("code", MESSAGES)
def test_both_languages_say_the_same(code: str) -> None:
    en, zh = (set(re.findall(r"\{(\w+)\}", text)) for text in MESSAGES[code])
    assert en == zh
    assert not re.search("[\u4e00-\u9fff][,;:!?]", MESSAGES[code][1])
