"""Answers in the terminal: Markdown with LaTeX math in two dimensions, in Chinese as well as in English."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.measure import Measurement
from rich.text import Text

from attnquiz.ui.cjk import CJKText
from attnquiz.ui.printable import printable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

_NARROWEST = 12

__all__ = ["Markdown", "warm"]


class Markdown:
    """Markdown as a renderable: no line wider than the screen, no spaces at the ends of lines.

    `one_line` keeps every formula on one line, for terminals that show ambiguous characters two cells wide.
    """

    def __init__(self, source: str, *, one_line: bool = False) -> None:
        self.source = source
        self.one_line = one_line

    def lines(self, width: int) -> list[Text]:
        from attnquiz.ui.markdown.blocks import page_lines  # the parser behind it takes 70 ms to load
        from attnquiz.ui.markdown.parser import parse

        source, width = printable(self.source), max(width, _NARROWEST)
        nodes = parse(source)
        return CJKText(source).lines(width) if nodes is None else page_lines(nodes, width, self.one_line)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Text]:
        for line in self.lines(options.max_width):
            line.no_wrap = True
            line.overflow = "ignore"
            yield line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(min(_NARROWEST, options.max_width), options.max_width)


def warm() -> None:
    """Load the parser and the highlighter ahead of the first answer, in a thread while the user thinks."""
    Markdown("`a` $b$\n\n```python\n1\n```\n").lines(80)
