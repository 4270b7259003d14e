"""From rich renderables to lines of text that fit a width."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import NamedTuple

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text


class Painter:
    """Renders to strings, with the colours of the terminal it was made for, or none."""

    def __init__(self, environment: Mapping[str, str], color: bool = True) -> None:
        self.console = Console(
            file=StringIO(),
            force_terminal=color,
            color_system="auto" if color else None,
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
            _environ=environment,
        )

    def lines(self, renderable: RenderableType, width: int) -> list[str]:
        with self.console.capture() as captured:
            self.console.print(renderable, width=width, end="")
        return captured.get().split("\n")


class Indented(NamedTuple):
    """Space at both sides; unlike rich's Padding it adds none at the ends of lines, where a pipe would keep it."""

    renderable: RenderableType
    left: int = 1
    right: int = 1

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update_width(max(1, options.max_width - self.left - self.right))
        for line in console.render_lines(self.renderable, inner, pad=False):
            if any(segment.text.strip() for segment in line):
                yield Segment(" " * self.left)
                yield from line
            yield Segment.line()


class Hanging(NamedTuple):
    """A body beside its mark: the mark stands before the first line, its width in spaces before the others."""

    mark: Text
    body: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update_width(max(1, options.max_width - self.mark.cell_len))
        for at, line in enumerate(console.render_lines(self.body, inner, pad=False)):
            if at == 0:
                yield from self.mark.render(console)
            elif any(segment.text.strip() for segment in line):
                yield Segment(" " * self.mark.cell_len)
            yield from line
            yield Segment.line()


def rule(width: int, title: str = "") -> Text:
    """A dim line with a title at its left end."""
    head = f"── {title} " if title else ""
    text = Text(head, style="dim", no_wrap=True, overflow="crop")
    text.append("─" * max(0, width - text.cell_len))
    return text


def stack(*parts: RenderableType | None) -> Group:
    return Group(*(part for part in parts if part is not None))


def spread(left: Text, right: Text, width: int) -> Text:
    """Two texts at the two ends of a line; the right one gives way."""
    gap = width - left.cell_len - right.cell_len
    if gap < 1:
        line = left.copy()
        line.truncate(width, overflow="ellipsis")
        return line
    return Text.assemble(left, " " * gap, right, no_wrap=True)


def flow(items: list[Text], width: int, most_lines: int, gap: int = 2) -> list[Text]:
    """Items side by side on as few lines as they need; what does not fit is left out from the end."""
    lines: list[Text] = [Text(no_wrap=True)]
    for item in items:
        line = lines[-1]
        if line.cell_len and line.cell_len + gap + item.cell_len > width:
            if len(lines) == most_lines:
                continue
            line = Text(no_wrap=True)
            lines.append(line)
        line.append(" " * gap if line.cell_len else "").append_text(item)
    return lines
