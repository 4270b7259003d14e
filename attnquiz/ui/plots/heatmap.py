"""A matrix as numbers with a shade beside each, or as shades alone where there are too many for numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from attnquiz.ui.cjk import CJKText
from attnquiz.ui.plots.labels import fitted
from attnquiz.ui.plots.numbers import cell_format, short
from attnquiz.ui.plots.picture import Heatmap, numbered

_SHADES = " ░▒▓█"
_NEGATIVE = " -=≡#"  # told from the positive ones without colour
_WIDEST_LABEL = 16
_MOST_ROWS = 48


def draw_heatmap(heatmap: Heatmap, width: int) -> list[Text]:
    room = width - _label_width(heatmap, width) - 1
    if len(heatmap.values) <= _MOST_ROWS and len(heatmap.columns) <= room // 3:
        write = cell_format([value for row in heatmap.values for value in row])
        numbers = [[write(value) for value in row] for row in heatmap.values]
        longest = max(len(number) for row in numbers for number in row)
        if len(heatmap.columns) * (longest + 2) <= room + 1:
            return _with_numbers(heatmap, numbers, longest, width)
    return _with_shades(heatmap, width)


def _label_width(heatmap: Heatmap, width: int) -> int:
    return min(max(map(cell_len, heatmap.rows)), _WIDEST_LABEL, width // 4)


def largest(values: Sequence[Sequence[float]]) -> float:
    return max((abs(value) for row in values for value in row if math.isfinite(value)), default=0.0)


def level(value: float, most: float) -> int:
    """0 to 4: a fifth of the way to the largest value each."""
    if value != value or not most:
        return 0
    return min(4, int(abs(value) / most * 5)) if math.isfinite(value) else 4


def _style(value: float, depth: int) -> str:
    color = "magenta" if value < 0 else ""
    return f"{color} {'bold' if depth == 4 else 'dim' if depth == 0 else ''}".strip()


def _with_numbers(heatmap: Heatmap, numbers: list[list[str]], longest: int, width: int) -> list[Text]:
    lead = _label_width(heatmap, width)
    room = (width - lead - 1) // len(heatmap.columns) - 1
    cell = min(room, max(longest + 1, min(8, max(map(cell_len, heatmap.columns)))))
    head = Text(" " * lead)
    for label in heatmap.columns:
        head.append(" " + fitted(label, cell, right=True), "dim")
    lines = [head]
    most = largest(heatmap.values)
    for label, values, row in zip(heatmap.rows, heatmap.values, numbers, strict=True):
        line = Text(fitted(label, lead, right=True))
        for value, number in zip(values, row, strict=True):
            depth = level(value, most)
            line.append(" " + (_SHADES[depth] + number.rjust(longest)).rjust(cell), _style(value, depth))
        lines.append(line)
    return lines


def _with_shades(heatmap: Heatmap, width: int) -> list[Text]:
    """Rows and columns have numbers here, since there is no room for the labels of columns."""
    digits = len(str(len(heatmap.rows) - 1))
    named = heatmap.rows != numbered(len(heatmap.rows))
    lead = digits + (_label_width(heatmap, width) + 1 if named else 0)
    room = width - lead - 1
    block = max(math.ceil(len(heatmap.columns) / room), math.ceil(len(heatmap.rows) / _MOST_ROWS))
    values = _means(heatmap.values, block) if block > 1 else heatmap.values
    cell = 2 if 2 * len(values[0]) <= room else 1
    most = largest(values)
    lines = [_column_numbers(len(values[0]), block, cell, lead)]
    for at, row in enumerate(values):
        label = fitted(heatmap.rows[at * block], lead - digits - 1, right=True) + " " if named else ""
        line = Text(label).append(str(at * block).rjust(digits) + " ", "dim")
        for value in row:
            line.append(_shade(value, most) * cell, _style(value, level(value, most)))
        line.rstrip()
        lines.append(line)
    return [*lines, *_legend(heatmap, values, block, width)]


def _shade(value: float, most: float) -> str:
    if value != value:
        return "?"
    return (_NEGATIVE if value < 0 else _SHADES)[level(value, most)]


def _column_numbers(count: int, block: int, cell: int, lead: int) -> Text:
    """The numbers of the columns over every fifth of them, as far as there is room."""
    row = ""
    for at in range(0, count, 5):
        if at * cell >= len(row) + (at > 0):
            row = row.ljust(at * cell) + str(at * block)
    return Text(" " * (lead + 1) + row[: max(count * cell, 1)].rstrip(), "dim")


def _means(values: list[list[float]], block: int) -> list[list[float]]:
    """The mean of each block of cells, of those that are finite."""
    means = []
    for top in range(0, len(values), block):
        rows = values[top : top + block]
        means.append([_mean([v for row in rows for v in row[at : at + block]]) for at in range(0, len(rows[0]), block)])
    return means


def _mean(values: list[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return sum(value / len(finite) for value in finite) if finite else math.nan


def _legend(heatmap: Heatmap, values: list[list[float]], block: int, width: int) -> list[Text]:
    finite = [value for row in values for value in row if math.isfinite(value)]
    most = short(largest(values))
    parts = [f"░▒▓█ 0…{most}"] if any(value > 0 for value in finite) else []
    if any(value < 0 for value in finite):
        parts.append(f"-=≡# 0…-{most}")
    if any(value != value for row in values for value in row):
        parts.append("? nan")
    if block > 1:
        parts.append(f"{block}×{block} → mean")
    if block == 1 and heatmap.columns not in (heatmap.rows, numbered(len(heatmap.columns))):
        parts.append(", ".join(f"{at} {label}" for at, label in enumerate(heatmap.columns)))
    return CJKText("   ".join(parts), style="dim").lines(width)
