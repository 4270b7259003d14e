"""Banks and answers from disk to a collection."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attnquiz.content.files import BankFile, scan_banks, scan_folders
from attnquiz.content.index import decode, encode, read_index, write_index
from attnquiz.content.model import Bank, Collection, natural_key

if TYPE_CHECKING:
    from attnquiz.content.problems import Problem


def load_collection(questions_dir: Path, answers_dir: Path, index_path: Path | None, name: str = "") -> Collection:
    """Every bank of a folder, from the index if that is up to date. Raises BadBank at the first fault."""
    files, problems = scan_banks(questions_dir)
    folders, folder_problems = scan_folders(answers_dir)
    _raise_first(problems + folder_problems)
    body = None if index_path is None else read_index(index_path, files)
    if body is None:
        body = encode(parse_banks(files))
        if index_path is not None:
            write_index(index_path, files, body)
    return Collection(name, decode(body, folders))


def parse_banks(files: Sequence[BankFile]) -> list[Bank]:
    """The banks in the order of their sections. Raises BadBank at the first fault."""
    from attnquiz.content.parse import check_sections, parse_bank  # YAML is for a cold start only

    parsed = [parse_bank(Path(file.path)) for file in files]
    _raise_first([problem for one in parsed for problem in one.problems] + check_sections(parsed))
    return sorted((one.bank for one in parsed), key=lambda bank: natural_key(bank.section))


def _raise_first(problems: Sequence[Problem]) -> None:
    if problems:
        from attnquiz.content.problems import Unusable

        raise Unusable(min(problems), others=len(problems) - 1)
