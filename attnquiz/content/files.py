"""Which files make up a collection: the banks in its questions/, the folders in its answers/."""

# os.path costs a tenth of pathlib, and this runs several times for each question at every start.
# ruff: noqa: PTH110, PTH112, PTH113, PTH114, PTH118
from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from attnquiz.content.messages import Fact
    from attnquiz.content.problems import Problem


class BankFile(NamedTuple):
    """A bank's file as it stands now; with another size or time it has another content."""

    path: str
    size: int
    mtime_ns: int


def scan_banks(questions_dir: Path) -> tuple[list[BankFile], list[Problem]]:
    """The banks of a collection by name, and what calls itself a bank but cannot be one."""
    files: list[BankFile] = []
    problems: list[Problem] = []
    try:
        for entry in _list_folder(questions_dir, ".yaml"):
            if code := _find_bank_fault(entry, questions_dir):
                problems.append(_problem(entry.path, code))
            else:
                stat = entry.stat()
                files.append(BankFile(entry.path, stat.st_size, stat.st_mtime_ns))
    except OSError as error:
        return [], [_folder_problem(questions_dir, error)]
    if not files and not problems:
        problems.append(_problem(questions_dir, "no-banks"))
    return files, problems


def scan_folders(answers_dir: Path) -> tuple[dict[str, Path], list[Problem]]:
    """The folder of each question by its id: `4.1.1-essence` is that of 4.1.1 and not of 4.1.10."""
    folders: dict[str, Path] = {}
    problems: list[Problem] = []
    try:
        entries = _list_folder(answers_dir)
    except FileNotFoundError:  # a collection may do without answers
        return {}, []
    except OSError as error:
        return {}, [_folder_problem(answers_dir, error)]
    for entry in entries:
        if not os.path.isdir(entry.path):
            continue
        question_id = entry.name.partition("-")[0]
        if entry.is_symlink() and not is_inside(entry.path, answers_dir):
            problems.append(_problem(entry.path, "link-leaves"))
        elif question_id in folders:
            problems.append(_problem(entry.path, "duplicate-folder", id=question_id, other=folders[question_id].name))
        else:
            folders[question_id] = Path(entry.path)
    return folders, problems


def find_part(folder: Path, *names: str) -> Path | None:
    """A file or folder below a question's folder, if it is there and no link on the way leads out."""
    path = str(folder)
    for name in names:
        path = os.path.join(path, name)
        if os.path.islink(path) and not is_inside(path, folder):
            return None
    return Path(path) if os.path.exists(path) else None


def list_files(folder: Path, suffix: str, prefix: str = "") -> list[str]:
    """The names of the files in a folder that begin and end so, in order, links left out; of no folder at all, none."""
    try:
        return [entry.name for entry in _list_folder(folder, suffix, prefix) if entry.is_file(follow_symlinks=False)]
    except OSError:
        return []


def is_inside(path: str | Path, folder: Path) -> bool:
    """Whether a path, its links followed, lies in a folder, its links followed too."""
    return os.path.realpath(path).startswith(os.path.realpath(folder).rstrip(os.sep) + os.sep)


def _list_folder(folder: Path, suffix: str = "", prefix: str = "") -> list[os.DirEntry[str]]:
    """The entries by name, but for hidden ones and those that Python writes."""
    with os.scandir(folder) as entries:
        chosen = [entry for entry in entries if entry.name.startswith(prefix) and entry.name.endswith(suffix)]
    return sorted((entry for entry in chosen if entry.name[0] not in "._"), key=lambda entry: entry.name)


def _find_bank_fault(entry: os.DirEntry[str], questions_dir: Path) -> str | None:
    if entry.is_symlink() and not is_inside(entry.path, questions_dir):
        return "link-leaves"
    return None if os.path.isfile(entry.path) else "not-a-bank"


def _folder_problem(folder: Path, error: OSError) -> Problem:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return _problem(folder, "no-folder")
    return _problem(folder, "unreadable", reason=error.strerror or type(error).__name__)


def _problem(path: str | Path, code: str, **facts: Fact) -> Problem:
    from attnquiz.content.problems import START, Findings  # not needed while all is well

    return Findings(Path(path)).describe(START, code, **facts)
