"""Draws the README's pictures and its opening session from the program itself.

    python docs/make_pictures.py

A real session runs in a pseudo-terminal; its screens become docs/*.svg and the text between the `session` marks of
README.md and README.zh.md, with the key that was pressed between two screens and runs of empty lines shortened.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI, TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from terminal import Terminal  # noqa: E402  (the tests' own terminal)

DARK, LIGHT = MONOKAI, DEFAULT_TERMINAL_THEME
NAMES = {"brown": "yellow", "brightbrown": "bright_yellow"}


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        draw_session(home, "en", "drill", DARK)
    with tempfile.TemporaryDirectory() as home:
        draw_session(home, "zh", "drill-zh", LIGHT)


def draw_session(home: str, lang: str, name: str, theme: TerminalTheme) -> None:
    """Ask, reveal, run, grade: a picture of each screen, and the session as text for the README."""
    environment = {**os.environ, "ATTNQUIZ_HOME": home, "TERM": "xterm-256color", "COLORTERM": ""}
    screens = []
    with Terminal(["drill", "4.1.3", "--lang", lang], environment, columns=88, rows=30) as terminal:
        terminal.wait_for("4.1.3")
        screens.append(keep(terminal, f"{name}-question", theme))
        terminal.type(" ")
        terminal.wait_until(lambda: " 4 " in terminal.text)
        screens.append(keep(terminal, f"{name}-answer", theme))
        terminal.type("r")
        terminal.wait_until(lambda: bool(re.search("every claim holds|全部论断成立", terminal.text)), seconds=60)
        screens.append(keep(terminal, f"{name}-demo", theme))
        terminal.type("3q")
        terminal.wait_for_end()
    write_session(lang, screens)


def keep(terminal: Terminal, name: str, theme: TerminalTheme) -> str:
    settle(terminal)
    console = Console(width=terminal.view.columns, record=True, file=io.StringIO())
    console.print(as_text(terminal), no_wrap=True, overflow="crop")
    console.save_svg(str(ROOT / "docs" / f"{name}.svg"), title=f"attnquiz {name.split('-')[0]}", theme=theme)
    return terminal.text


def settle(terminal: Terminal) -> None:
    """Let the frame be drawn to its end."""
    before = None
    while before != terminal.raw:
        before = terminal.raw
        terminal.read(0.3)


def as_text(terminal: Terminal) -> Text:
    """The screen with its colours. The second half of a wide character is an empty cell and adds nothing."""
    text = Text()
    for row in range(terminal.view.lines):
        cells = terminal.view.buffer[row]
        for column in range(terminal.view.columns):
            cell = cells[column]
            text.append(cell.data, Style(color=colour(cell.fg), bold=cell.bold, italic=cell.italics))
        text.append("\n")
    return text


def colour(name: str) -> str | None:
    if name == "default":
        return None
    return f"#{name}" if re.fullmatch("[0-9a-f]{6}", name) else NAMES.get(name, name)


def write_session(lang: str, screens: list[str]) -> None:
    path = ROOT / ("README.zh.md" if lang == "zh" else "README.md")
    keys = ["空格", "r"] if lang == "zh" else ["space", "r"]
    parts = [screens[0], *(f"[{key}]\n\n{screen}" for key, screen in zip(keys, screens[1:], strict=True))]
    body = re.sub("\n{3,}", "\n\n", "\n\n".join(parts))
    text = path.read_text(encoding="utf-8")
    block = f"<!-- session -->\n```text\n{body}\n```\n<!-- /session -->"
    path.write_text(re.sub("<!-- session -->.*<!-- /session -->", lambda _: block, text, flags=re.S), encoding="utf-8")


if __name__ == "__main__":
    main()
