"""Cards as a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from rich.console import Console
from rich.text import Text

from attnquiz.content.model import Card
from attnquiz.memory.schedule import Memory
from attnquiz.ui.inline import inline_text
from attnquiz.ui.messages import Speech


def show_cards(
    console: Console,
    cards: Sequence[Card],
    memories: Mapping[str, Memory],
    suspended: Collection[str],
    day: date,
    say: Speech,
) -> None:
    if not cards:
        console.print(say("nothing_listed"))
        return
    rows = [row_of(card, memories.get(card.id), card.id in suspended, day, say) for card in cards]
    head = [Text(say(name), style="bold") for name in ("card", "state", "due", "question")]
    widths = [max(row[column].cell_len for row in [head, *rows]) for column in range(3)]
    for row in [head, *rows]:
        console.print(line_of(row, widths, console.width if console.is_terminal else None), soft_wrap=True)


def row_of(card: Card, memory: Memory | None, suspended: bool, day: date, say: Speech) -> list[Text]:
    ask = inline_text(card.ask.text(say.lang))
    return [Text(card.id, style="cyan"), state_text(card, memory, suspended, say), due_text(memory, day, say), ask]


def line_of(row: Sequence[Text], widths: Sequence[int], width: int | None) -> Text:
    """The columns side by side; a terminal gets one line for each card, a pipe the whole question."""
    line = Text()
    for cell, wide in zip(row, widths, strict=False):
        line.append_text(cell)
        line.append(" " * (wide - cell.cell_len + 2))
    line.append_text(row[-1])
    if width is not None:
        line.truncate(width, overflow="ellipsis")
    return line


def state_text(card: Card, memory: Memory | None, suspended: bool, say: Speech) -> Text:
    if card.question.draft:
        return Text(say("not_written"), style="dim")
    if suspended:
        return Text(say("suspended"), style="yellow")
    return Text(say(memory.state if memory else "new"))


def due_text(memory: Memory | None, day: date, say: Speech) -> Text:
    if memory is None:
        return Text("-", style="dim")
    return Text(say("today"), style="bold") if memory.due <= day else Text(memory.due.isoformat())
