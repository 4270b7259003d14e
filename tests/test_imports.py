"""Imports point down, and nothing heavy is loaded to show a question."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "attnquiz"
MAY_IMPORT = {
    "errors": set(),
    "paths": {"errors"},
    "content": {"errors"},
    "memory": {"errors"},
    "run": {"errors"},
    "judge": {"errors", "content", "run"},
    "session": {"errors", "content", "memory"},
    "ui": {"errors", "paths", "content", "memory", "run", "judge", "session"},
    "cli": {"errors", "paths", "content", "memory", "run", "judge", "session", "ui"},
}
MODULES = [path for part in MAY_IMPORT for path in [*PACKAGE.glob(f"{part}.py"), *(PACKAGE / part).rglob("*.py")]]


def imported_by(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(PACKAGE))) for path in MODULES])
def test_imports_point_down(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    names = imported_by(path)
    parts = {name.split(".")[1] for name in names if name.startswith("attnquiz.")}
    assert parts <= MAY_IMPORT[part] | {part}


def test_showing_a_question_loads_nothing_heavy() -> None:
    code = "import sys, attnquiz.cli.app, attnquiz.cli.study; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    heavy = {"torch", "numpy", "yaml", "markdown_it", "pygments", "prompt_toolkit", "asyncio", "socket", "fsrs"}
    assert not heavy & loaded
