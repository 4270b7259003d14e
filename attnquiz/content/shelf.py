"""The user's own collections, and which of their code may run: what was looked at, by its hash, and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from attnquiz.content.load import load_collection
from attnquiz.content.model import Collection, Question
from attnquiz.errors import AttnquizError, StateError, UsageError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}")
MOST_CODE = 2_000_000  # bytes of one file of code


class Own(NamedTuple):
    """A collection of the user's: `name:4.1.1` are its ids. `pinned` holds the hash of each file that may run."""

    name: str
    path: Path
    pinned: dict[str, str]

    @property
    def questions(self) -> Path:
        return self.path / "questions"

    @property
    def answers(self) -> Path:
        return self.path / "answers"


def load_shelf(path: Path) -> list[Own]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [Own(row["name"], Path(row["path"]), dict(row["pinned"])) for row in rows]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StateError(
            f"{path}: the list of your banks cannot be read ({error}); mend it or delete it and add them again",
            f"{path}：你的题库清单读不了（{error}）；请修好它，或删掉后重新添加",
        ) from error


def save_shelf(path: Path, shelf: Sequence[Own]) -> None:
    rows = [{"name": own.name, "path": str(own.path), "pinned": own.pinned} for own in shelf]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise StateError(
            f"{path}: the list of your banks cannot be written ({error.strerror}); nothing was changed",
            f"{path}：题库清单写不进去（{error.strerror}）；什么都没有改",
        ) from error


def add_own(shelf: Sequence[Own], path: Path) -> Own:
    """A collection under the name of its folder; its banks must be sound. It may run nothing yet."""
    path = path.absolute()
    name = re.sub("[^a-z0-9_-]+", "-", path.name.lower()).strip("-")[:31]
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{path}: no name can be made of it; use letters and digits", f"{path}：取不出名字；请用字母和数字"
        )
    if any(own.name == name for own in shelf):
        raise UsageError(
            f"there is a bank {name} already; remove it first or rename the folder",
            f"已经有名为 {name} 的题库；请先移除它，或给文件夹改名",
        )
    if not (path / "questions").is_dir():
        raise AttnquizError(
            f"{path}: has no folder questions/; a bank is a folder with questions/ and answers/",
            f"{path}：没有 questions/ 文件夹；题库是含有 questions/ 和 answers/ 的文件夹",
        )
    load_collection(path / "questions", path / "answers", None)
    return Own(name, path, {})


def find_own(shelf: Sequence[Own], wanted: str) -> Own:
    """By name or by path."""
    for own in shelf:
        if wanted == own.name or Path(wanted).absolute() == own.path:
            return own
    names = ", ".join(own.name for own in shelf) or "-"
    raise UsageError(f"there is no bank {wanted}; there are: {names}", f"没有题库 {wanted}；现有：{names}")


def with_own(bundled: Collection, shelf: Sequence[Own]) -> Collection:
    """The bundled banks and then the user's, whose ids and sections begin with their collection's name."""
    banks = list(bundled.banks)
    for own in shelf:
        for bank in load_collection(own.questions, own.answers, None).banks:
            named = tuple(
                question._replace(id=f"{own.name}:{question.id}", section=f"{own.name}:{question.section}")
                for question in bank.questions
            )
            banks.append(bank._replace(section=f"{own.name}:{bank.section}", questions=named))
    return Collection("", tuple(banks))


def code_of(own: Own) -> dict[str, str]:
    """Every file of code in the collection by its path, with its hash. Links are not followed."""
    return {str(path.relative_to(own.path)): hash_of(path.read_bytes()) for path in _code_files(own.path)}


def may_run(shelf: Sequence[Own], question: Question) -> Own | None:
    """None if the code of the question is the bundled one or was trusted as it is now; else the collection to trust."""
    own = next((own for own in shelf if question.id.startswith(f"{own.name}:")), None)
    if own is None or question.folder is None:
        return None
    now = {path: digest for path, digest in code_of(own).items() if (own.path / path).is_relative_to(question.folder)}
    return None if now.items() <= own.pinned.items() else own


def hash_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _code_files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder / "answers", followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            if name.endswith(".py") and path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_CODE:
                yield path
