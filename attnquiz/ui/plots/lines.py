"""Curves in braille dots, with axes of round numbers and a mark of its own for each line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from attnquiz.ui.plots.labels import fitted
from attnquiz.ui.plots.numbers import log_ticks, short, ticks
from attnquiz.ui.plots.picture import Lines

_WIDEST = 100
_MARKS = "●▲■◆○△□◇"
_STYLES = ("cyan", "magenta", "green", "red", "", "cyan", "magenta", "green")
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille cell, by row and column
_MANY = 20_000  # points; more are thinned out before they are drawn

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Axis:
    """Maps values to places between 0 and 1."""

    low: float
    high: float
    log: bool

    @classmethod
    def of(cls, values: Sequence[float], log: bool) -> Axis:
        low, high = min(values), max(values)
        if high / 2 - low / 2 > max(abs(low), abs(high)) * 1e-12:  # halves, since a difference may overflow
            return cls(low, high, log)
        margin = max(abs(low), abs(high)) / 2 or 0.5
        return cls(low / 2, high * 2, True) if log else cls(low - margin, high + margin, False)

    def place(self, value: float) -> float:
        if self.log:
            return (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)

    def ticks(self, most: int) -> list[float]:
        return log_ticks(self.low, self.high, most) if self.log else ticks(self.low, self.high, most)


class Canvas:
    """A field of braille dots, two by four in each cell, and the marks that stand on it."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.dots = [[0] * width for _ in range(height)]
        self.owner = [[0] * width for _ in range(height)]
        self.marks: dict[tuple[int, int], int] = {}

    def spot(self, point: Point) -> tuple[int, int]:
        """The dot of a point whose coordinates lie between 0 and 1."""
        return round(point[0] * (2 * self.width - 1)), round((1 - point[1]) * (4 * self.height - 1))

    def draw(self, start: Point, end: Point, owner: int) -> None:
        (x0, y0), (x1, y1) = self.spot(start), self.spot(end)
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            x, y = round(x0 + (x1 - x0) * step / steps), round(y0 + (y1 - y0) * step / steps)
            self.dots[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
            self.owner[y // 4][x // 2] = owner

    def mark(self, point: Point, owner: int) -> None:
        """Stand the line's mark on a point; beside it if another line has taken the place."""
        x, y = self.spot(point)
        row, column = y // 4, x // 2
        for at in (column, column + 1, column - 1):
            if 0 <= at < self.width and self.marks.get((row, at), owner) == owner:
                self.marks[row, at] = owner
                return

    def row_text(self, row: int) -> Text:
        text = Text()
        for column in range(self.width):
            owner = self.marks.get((row, column))
            if owner is not None:
                text.append(_MARKS[owner], _STYLES[owner])
            elif self.dots[row][column]:
                text.append(chr(0x2800 + self.dots[row][column]), _STYLES[self.owner[row][column]])
            else:
                text.append(" ")
        text.rstrip()
        return text


def draw_lines(lines: Lines, width: int) -> list[Text]:
    width = min(width, _WIDEST)
    height = max(6, min(14, width // 6))
    runs = {name: list(_runs(lines.x, ys)) for name, ys in lines.series.items()}
    points = [point for found in runs.values() for run in found for point in run]
    across = Axis.of([x for x, _ in points], lines.log_x)
    up = Axis.of([y for _, y in points], lines.log_y)
    labels = _row_labels(up, height)
    margin = max(map(len, labels.values()))
    canvas = Canvas(max(8, width - margin - 2), height)
    for owner, found in enumerate(runs.values()):
        _draw_series(canvas, [[(across.place(x), up.place(y)) for x, y in run] for run in found], owner)
    drawn = [_side(labels.get(row), margin).append_text(canvas.row_text(row)) for row in range(height)]
    return [*drawn, *_foot(lines, across, canvas.width, margin), *_legend(list(lines.series), width)]


def _runs(xs: list[float], ys: list[float]) -> Iterator[list[Point]]:
    """The unbroken parts of a line."""
    run: list[Point] = []
    for at in _worth_drawing(ys):
        if ys[at] == ys[at]:
            run.append((xs[at], ys[at]))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _worth_drawing(ys: list[float]) -> Iterable[int]:
    """All points, or the lowest and highest of each stretch if there are too many to tell apart."""
    stretch = math.ceil(len(ys) / (_MANY / 2))
    if stretch <= 2:
        yield from range(len(ys))
        return
    for start in range(0, len(ys), stretch):
        part = [y for y in ys[start : start + stretch] if y == y]
        if part:
            yield ys.index(min(part), start)
            yield ys.index(max(part), start)


def _draw_series(canvas: Canvas, runs: list[list[Point]], owner: int) -> None:
    for run in runs:
        for start, end in zip(run, run[1:] or run, strict=False):
            canvas.draw(start, end, owner)
    points = [point for run in runs for point in run]
    few = max(4, canvas.width // 5)
    step = max(1, math.ceil(len(points) / few))
    # On a line of many points the marks of different lines start at different points.
    for point in points[(owner * step // 3) % step :: step]:
        canvas.mark(point, owner)


def _row_labels(up: Axis, height: int) -> dict[int, str]:
    labels: dict[int, str] = {}
    for tick in up.ticks(max(2, height // 3)):
        row = round((1 - up.place(tick)) * (4 * height - 1)) // 4
        if 0 <= row < height:
            labels.setdefault(row, short(tick))
    return labels if len(labels) > 1 else {0: short(up.high), height - 1: short(up.low)}


def _side(label: str | None, margin: int) -> Text:
    return Text().append((label or "").rjust(margin) + (" ┤" if label else " │"), "dim")


def _foot(lines: Lines, across: Axis, width: int, margin: int) -> list[Text]:
    """The x axis and its numbers: those of the data if they are few and have room, else round ones."""
    own = sorted({x for ys in lines.series.values() for x, y in zip(lines.x, ys, strict=True) if y == y})
    for candidates in (own if len(own) <= 12 else [], across.ticks(max(2, width // 12))):
        placed = [(round(across.place(tick) * (width - 1)), short(tick)) for tick in candidates]
        row = _number_row(placed, width)
        if row is not None:
            break
    else:
        row = _number_row([(0, short(across.low)), (width - 1, short(across.high))], width) or ""
        placed = []
    rule = ["─"] * width
    for at, _ in placed:
        rule[at] = "┴"
    lead = " " * margin
    return [Text(f"{lead} └{''.join(rule)}", "dim"), Text(f"{lead}  {row}".rstrip(), "dim")]


def _number_row(placed: list[tuple[int, str]], width: int) -> str | None:
    """Numbers under their places, None if they would touch."""
    row = ""
    for at, label in placed:
        start = max(0, min(at - len(label) // 2, width - len(label)))
        if row and start < len(row) + 1:
            return None
        row = row.ljust(start) + label
    return row or None


def _legend(names: list[str], width: int) -> list[Text]:
    """Each line's mark and name, as many to a row as fit."""
    rows = [Text()]
    for owner, name in enumerate(names):
        entry = Text.assemble((_MARKS[owner], _STYLES[owner]), " ", fitted(name, min(cell_len(name), width - 4)))
        if rows[-1].cell_len and rows[-1].cell_len + entry.cell_len + 3 > width:
            rows.append(Text())
        rows[-1].append("   " if rows[-1].cell_len else " ").append_text(entry)
    return rows
