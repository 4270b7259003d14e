"""An exercise as it lies on disk: what the learner reads, what a submission has to define, and the bugs made of it.

    exercise/  stub.py  solution.py  checks.py  prompt.en.md  prompt.zh.md  wrong/*.py  right/*.py

A prompt is Markdown: a title, the task, and three sections `## Hint 1` to `## Hint 3` (`## 提示 1` ...), each more
telling than the one before. A wrong file begins with `# fails: <name of the check>`; one called `bug<N>_<slug>.py` is
the card bugN, and its second line is `# bug: <what is wrong> | <the same in Chinese>`.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from itertools import dropwhile
from pathlib import Path

from attnquiz.content.model import Words
from attnquiz.content.source import read_answer
from attnquiz.errors import AttnquizError

HINT_HEADING = re.compile(r"^## (?:Hint|提示) [1-9]\s*$", re.MULTILINE)
FAILS = re.compile(r"# fails: (\w+)\s*$")
BUG = re.compile(r"# bug: (.+?) \| (.+?)\s*$")
BUG_NAME = re.compile(r"bug([1-9][0-9]*)_")


class BadExercise(AttnquizError):
    """An exercise that is not in the form it must have; the message begins with the file."""


@dataclass(frozen=True, slots=True)
class WrongFile:
    """A plausible mistake and the first check that it fails. `bug` says what is wrong, for the chosen ones."""

    path: Path
    fails: str
    number: int | None
    bug: Words | None

    def code(self) -> str:
        """As the learner gets it: without the lines that give the mistake away."""
        lines = read_answer(self.path).splitlines(keepends=True)
        return "".join(dropwhile(lambda line: line.startswith(("# fails:", "# bug:")), lines)).lstrip("\n")


@dataclass(frozen=True, slots=True)
class Exercise:
    folder: Path
    prompt: Words
    hints: tuple[Words, ...]
    signatures: dict[str, tuple[str, ...]]  # "function" or "Class.method": the names of its parameters

    @property
    def stub(self) -> str:
        return read_answer(self.folder / "stub.py")

    @property
    def solution(self) -> str:
        return read_answer(self.folder / "solution.py")

    @property
    def wrong(self) -> tuple[WrongFile, ...]:
        return tuple(load_wrong_file(path) for path in sorted((self.folder / "wrong").glob("*.py")))

    @property
    def right(self) -> tuple[Path, ...]:
        return tuple(sorted((self.folder / "right").glob("*.py")))

    @property
    def bugs(self) -> tuple[WrongFile, ...]:
        """Those to be found and fixed, by their number."""
        return tuple(sorted((file for file in self.wrong if file.number), key=lambda file: file.number or 0))


def load_exercise(folder: Path) -> Exercise:
    """Raises BadExercise where a file is missing or not in its form."""
    for name in ("stub.py", "solution.py", "checks.py", "prompt.en.md", "prompt.zh.md"):
        if not (folder / name).is_file():
            raise BadExercise(
                f"{folder / name}: there is no such file; add it", f"{folder / name}：没有这个文件；请补上"
            )
    en, *hints_en = _read_prompt(folder / "prompt.en.md")
    zh, *hints_zh = _read_prompt(folder / "prompt.zh.md")
    hints = tuple(Words(*pair) for pair in zip(hints_en, hints_zh, strict=True))
    return Exercise(folder.resolve(), Words(en, zh), hints, read_signatures(folder / "stub.py"))


def _read_prompt(path: Path) -> list[str]:
    """The task, then the hints."""
    parts = [part.strip() for part in HINT_HEADING.split(read_answer(path))]
    if len(parts) != 4:
        raise BadExercise(
            f"{path}: {len(parts) - 1} hints; write three, under ## Hint 1 to ## Hint 3",
            f"{path}：有 {len(parts) - 1} 条提示；请写三条，标题为“## 提示 1”到“## 提示 3”",
        )
    return parts


def read_signatures(stub: Path) -> dict[str, tuple[str, ...]]:
    """The functions and classes of a stub, without running it."""
    found: dict[str, tuple[str, ...]] = {}
    for node in _parse(stub).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = _parameters(node)
        elif isinstance(node, ast.ClassDef):
            found[node.name] = ()
            methods = (item for item in node.body if isinstance(item, ast.FunctionDef))
            found |= {f"{node.name}.{method.name}": _parameters(method)[1:] for method in methods}
    return found


def _parse(stub: Path) -> ast.Module:
    try:
        return ast.parse(read_answer(stub))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadExercise(
            f"{stub}:{getattr(error, 'lineno', None) or 1}: not Python: {error}",
            f"{stub}:{getattr(error, 'lineno', None) or 1}：不是合法的 Python：{error}",
        ) from None


def _parameters(function: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(
        argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    )


def load_wrong_file(path: Path) -> WrongFile:
    first, second, *_ = [*read_answer(path).splitlines(), "", ""]
    fails, bug, name = FAILS.match(first), BUG.match(second), BUG_NAME.match(path.name)
    if not fails:
        raise BadExercise(
            f"{path}:1: write `# fails: <name of the check>` in the first line",
            f"{path}:1：第一行请写 `# fails: <检查的名字>`",
        )
    if bool(bug) != bool(name):
        raise BadExercise(
            f"{path}:2: a file called bug<N>_... and the line `# bug: <English> | <Chinese>` go together",
            f"{path}:2：文件名 bug<N>_... 与第二行 `# bug: <英文> | <中文>` 必须同时出现",
        )
    return WrongFile(path, fails[1], int(name[1]) if name else None, Words(bug[1], bug[2]) if bug else None)
