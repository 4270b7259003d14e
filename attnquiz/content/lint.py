"""Everything that is wrong with a collection: its banks, its answers and what links them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from attnquiz.content.complete import check_complete
from attnquiz.content.files import scan_banks, scan_folders
from attnquiz.content.form import CheckDemo, Names, Subject, check_folder, check_form
from attnquiz.content.model import make_cards
from attnquiz.content.parse import ParsedBank, check_sections, parse_bank
from attnquiz.content.problems import START, Findings, Problem, Unusable

__all__ = ["CheckDemo", "Problem", "check_collection"]


def check_collection(
    questions_dir: Path, answers_dir: Path, complete: bool, check_demo: CheckDemo | None = None
) -> list[Problem]:
    """All problems by place. `complete` also demands what a finished answer has, of each question not a draft.

    `check_demo` takes a demo's source and path and returns its faults as (line, column, code, message).
    """
    files, problems = scan_banks(questions_dir)
    folders, folder_problems = scan_folders(answers_dir)
    parsed, unreadable = _parse_all([Path(file.path) for file in files])
    problems += unreadable
    names = None if problems else _list_names(parsed, folders)  # else there are questions that nobody knows
    if names is not None:
        problems += _check_owners(parsed, folders)
    problems += folder_problems + check_sections(parsed) + _check_suffixes(questions_dir)
    for one in parsed:
        problems += one.problems
    for subject in _list_subjects(parsed, folders):
        problems += check_form(subject, names, check_demo)
        if complete and not subject.question.draft:
            problems += check_complete(subject)
    for folder in folders.values():
        problems += check_folder(folder, names)
    return sorted(problems)


def _parse_all(paths: Sequence[Path]) -> tuple[list[ParsedBank], list[Problem]]:
    """The banks whose text can be read, and the problems of the others."""
    parsed: list[ParsedBank] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            parsed.append(parse_bank(path))
        except Unusable as error:
            problems.append(error.problem)
    return parsed, problems


def _check_suffixes(questions_dir: Path) -> list[Problem]:
    paths = sorted(questions_dir.glob("[!._]*.yml")) if questions_dir.is_dir() else []
    return [Findings(path).describe(START, "yml-suffix") for path in paths]


def _check_owners(parsed: Sequence[ParsedBank], folders: Mapping[str, Path]) -> list[Problem]:
    """Folders that belong to no question."""
    ids = {question_id for one in parsed for question_id in one.nodes}
    orphans = (folder for question_id, folder in folders.items() if question_id not in ids)
    return [Findings(folder).describe(START, "orphan-folder") for folder in orphans]


def _list_subjects(parsed: Sequence[ParsedBank], folders: Mapping[str, Path]) -> Iterator[Subject]:
    for one in parsed:
        for question in one.bank.questions:
            placed = question._replace(folder=folders.get(question.id))
            yield Subject(placed, one.nodes[question.id], one.bank.path)


def _list_names(parsed: Sequence[ParsedBank], folders: Mapping[str, Path]) -> Names:
    """Every section, question and card."""
    questions = [subject.question for subject in _list_subjects(parsed, folders)]
    cards = {card.id for question in questions for card in make_cards(question, "")}
    ids = {question_id for one in parsed for question_id in one.nodes}
    parts = [question_id.split(".") for question_id in ids]
    sections = {".".join(part[:length]) for part in parts for length in range(1, len(part))}
    return Names(frozenset(cards | sections | ids), frozenset(ids - cards))
