"""Bars in eighths of a cell, on both sides of zero if need be, each with its number."""

from __future__ import annotations

import math

from rich.cells import cell_len
from rich.text import Text

from attnquiz.ui.plots.labels import fitted
from attnquiz.ui.plots.numbers import full
from attnquiz.ui.plots.picture import Bars

_EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
_WIDEST = 60  # cells of a bar; longer ones are no easier to compare


def draw_bars(bars: Bars, width: int) -> list[Text]:
    numbers = {name: f"{full(value)} {bars.unit}".rstrip() for name, value in bars.values.items()}
    label_width = min(max(map(cell_len, bars.values)), width // 3)
    number_width = max(map(cell_len, numbers.values()))
    room = max(4, min(_WIDEST, width - label_width - number_width - 4))
    finite = [value for value in bars.values.values() if math.isfinite(value)]
    low, high = min([0.0, *finite]), max([0.0, *finite])
    below, above = _split(low, high, room)
    lines = []
    for name, value in bars.values.items():
        line = Text(fitted(name, label_width, right=True) + " ")
        left, right = _bar(value, low, high, below, above)
        line.append(left.rjust(below), "magenta").append("│" if below else "▏", "dim").append(right, "cyan")
        line.append(" " + fitted(numbers[name], max(1, width - line.cell_len - 1)).rstrip())
        lines.append(line)
    return lines


def _split(low: float, high: float, room: int) -> tuple[int, int]:
    """How many cells lie on either side of zero; each side that has a bar has one at least."""
    if low == 0:
        return 0, room
    below = round(room * (-low / (high / 2 - low / 2)) / 2)
    below = max(1, min(room - (1 if high else 0), below))
    return below, room - below


def _bar(value: float, low: float, high: float, below: int, above: int) -> tuple[str, str]:
    """The parts left and right of zero. To the left there are only half cells, since Unicode has no more."""
    if not math.isfinite(value) or value == 0:
        return "", ""
    if value < 0:
        halves = max(1, round(value / low * below * 2))
        return "▐" * (halves % 2) + "█" * (halves // 2), ""
    eighths = max(1, round(value / high * above * 8))
    return "", "█" * (eighths // 8) + _EIGHTHS[eighths % 8]
