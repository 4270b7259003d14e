"""Tables whose cells wrap, Chinese ones included; too narrow a screen turns each row into a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from attnquiz.ui.cjk import CJKText, least_width

_GAP = 2
_LEAST = 6  # cells; a column narrower than this is harder to read than a list


class Table(NamedTuple):
    """Cells by row, the head first; `align` has l, c or r for each column."""

    rows: Sequence[Sequence[CJKText]]
    align: str


def table_lines(table: Table, width: int) -> list[Text]:
    widths = column_widths(table.rows, width)
    if widths is None:
        return _as_list(table, width)
    head, *body = [_row_lines(row, widths, table.align) for row in table.rows]
    bar = Text((" " * _GAP).join("─" * column for column in widths), style="dim")
    lines = [*head, bar]
    wrapped = any(len(row) > 1 for row in body)
    for at, row in enumerate(body):
        if at and wrapped:
            lines.append(Text())
        lines += row
    return lines


def column_widths(rows: Sequence[Sequence[CJKText]], width: int) -> list[int] | None:
    """How wide each column becomes: as wide as its widest cell if that fits, else by turns. None if nothing fits."""
    columns = list(zip(*rows, strict=True))
    room = width - _GAP * (len(columns) - 1)
    wanted = [max(_widest_line(cell) for cell in column) for column in columns]
    if sum(min(wish, _LEAST) for wish in wanted) > room:
        return None
    widths = [max(least_width(cell.plain) for cell in column) for column in columns]
    while sum(widths) > room:  # words have to be cut: those of the widest column
        widths[widths.index(max(widths))] -= 1
    return _shared_out(widths, wanted, room)


def _shared_out(widths: list[int], wanted: list[int], room: int) -> list[int]:
    """The spare room goes to columns that ask for less than their share, then to those that would get tallest."""
    spare = room - sum(widths)
    for at in sorted(range(len(widths)), key=wanted.__getitem__):
        more = wanted[at] - widths[at]
        if more <= spare and wanted[at] <= room // len(widths):
            widths[at] += more
            spare -= more
    for _ in range(spare):
        tallest = max(range(len(widths)), key=lambda at: wanted[at] / max(widths[at], 1))
        widths[tallest] += wanted[tallest] > widths[tallest]
    return widths


def _widest_line(cell: CJKText) -> int:
    return max(map(cell_len, cell.plain.split("\n")))


def _row_lines(row: Sequence[CJKText], widths: list[int], align: str) -> list[Text]:
    cells = [cell.lines(width) for cell, width in zip(row, widths, strict=True)]
    lines = []
    for at in range(max(map(len, cells))):
        line = Text()
        for cell, width, side in zip(cells, widths, align, strict=True):
            part = cell[at] if at < len(cell) else Text()
            room = width - part.cell_len
            left = {"l": 0, "c": room // 2, "r": room}[side]
            line.append(" " * left).append_text(part).append(" " * (room - left + _GAP))
        line.rstrip()
        lines.append(line)
    return lines


def _as_list(table: Table, width: int) -> list[Text]:
    head, *body = table.rows
    lines: list[Text] = []
    for row in body or [head]:
        if lines:
            lines.append(Text())
        for name, cell in zip(head, row, strict=True):
            item = cell if cell is name else name.copy().append(": ").append_text(cell)
            lines += CJKText().append_text(item).lines(width)
    return lines
