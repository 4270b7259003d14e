"""The bundled banks hold the questions of the seed document, word for word, each with an English translation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from attnquiz.content.lint import check_collection
from attnquiz.content.load import load_collection
from attnquiz.content.model import Collection

ROOT = Path(__file__).parent.parent
SEED = (Path(__file__).parent / "seed_questions.txt").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def bundled() -> Collection:
    return load_collection(ROOT / "questions", ROOT / "answers", None)


def test_each_question_stands_word_for_word_in_its_section(bundled: Collection) -> None:
    lines = []
    for bank in bundled.banks:
        if bank.section.startswith("4."):
            lines.append(f"### {bank.section} {bank.title.zh}")
            lines += [f"+ {question.ask.zh}" for question in bank.questions]
    assert lines == SEED


def test_there_are_33_questions_numbered_in_the_seed_s_order(bundled: Collection) -> None:
    ids = [question.id for question in bundled.questions if question.section.startswith("4.")]
    assert len(ids) == 33
    assert ids == [
        f"{section}.{number}"
        for section, block in re.findall(r"### (\S+) .*\n((?:\+.*\n?)+)", "\n".join(SEED))
        for number in range(1, block.count("+ ") + 1)
    ]


def test_each_question_has_an_english_translation(bundled: Collection) -> None:
    for question in bundled.questions:
        assert re.search("[A-Za-z]{3}", question.ask.en), question.id
        assert not re.search("[\u4e00-\u9fff]", question.ask.en), question.id


def test_the_bundled_collection_has_no_problems() -> None:
    problems = check_collection(ROOT / "questions", ROOT / "answers", complete=True)
    assert [f"{problem.where}: {problem.message}" for problem in problems] == []


def test_the_bundled_banks_are_read_the_same_without_the_parser_in_c(
    bundled: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert load_collection(ROOT / "questions", ROOT / "answers", None) == bundled
