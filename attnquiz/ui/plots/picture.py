"""What a demo binds to `picture`: plain data, checked and given a form that can be drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from attnquiz.errors import AttnquizError
from attnquiz.ui.printable import printable

MOST_NUMBERS = 2_000_000
MOST_LINES = 8
MOST_BARS = 60
_TINY, _HUGE = 1e-300, 1e300  # beyond these the arithmetic of axes breaks down


class BadPicture(AttnquizError):
    """Data that cannot be drawn."""


@dataclass(frozen=True, slots=True)
class Heatmap:
    """A matrix with a label for each row and column; values that are no numbers are shown as such."""

    values: list[list[float]]
    rows: list[str]
    columns: list[str]


@dataclass(frozen=True, slots=True)
class Lines:
    """Curves over the same x; a point that has no place on the axes is NaN."""

    series: dict[str, list[float]]
    x: list[float]
    log_x: bool
    log_y: bool
    left_out: int


@dataclass(frozen=True, slots=True)
class Bars:
    values: dict[str, float]
    unit: str


Picture = Heatmap | Lines | Bars


def parse_picture(data: object) -> Picture:
    """Raises BadPicture, whose message is one line."""
    if not isinstance(data, dict):
        raise BadPicture("a picture is a dict", "picture 必须是 dict")
    for key, parse in _PARSERS.items():
        if key in data:
            return parse(data)
    raise BadPicture("a picture has one of the keys heatmap, lines, bars", "picture 缺少 heatmap、lines 或 bars 之一")


def _parse_heatmap(data: dict[str, Any]) -> Heatmap:
    _expect_keys(data, {"heatmap", "rows", "columns"})
    matrix = _listed(data["heatmap"], "heatmap")
    values = [_numbers(row, "heatmap") for row in matrix]
    if not values or not values[0]:
        raise BadPicture("heatmap is empty", "heatmap 为空")
    if len({len(row) for row in values}) > 1:
        raise BadPicture("the rows of heatmap differ in length", "heatmap 各行长度不一致")
    if len(values) * len(values[0]) > MOST_NUMBERS:
        raise _too_many("heatmap", MOST_NUMBERS)
    rows = _labels(data.get("rows"), "rows", len(values))
    square = len(values) == len(values[0])
    columns = _labels(data.get("columns", data.get("rows") if square else None), "columns", len(values[0]))
    return Heatmap(values, rows, columns)


def _parse_lines(data: dict[str, Any]) -> Lines:
    _expect_keys(data, {"lines", "x", "log"})
    series = {_label(name): _numbers(ys, "lines") for name, ys in _named(data["lines"], "lines").items()}
    length = max(map(len, series.values()))
    x = _numbers(data["x"], "x") if "x" in data else [float(at) for at in range(length)]
    if not x:
        raise BadPicture("x is empty", "x 为空")
    if any(len(ys) != len(x) for ys in series.values()):
        raise BadPicture("x and the lines differ in length", "x 与 lines 长度不一致")
    if len(series) > MOST_LINES:
        raise _too_many("lines", MOST_LINES)
    if len(x) * len(series) > MOST_NUMBERS:
        raise _too_many("lines", MOST_NUMBERS)
    log = data.get("log") or ""
    if log not in ("", "x", "y", "xy"):
        raise BadPicture("log is x, y or xy", "log 只能是 x、y 或 xy")
    return _placed(series, x, "x" in log, "y" in log)


def _placed(series: dict[str, list[float]], x: list[float], log_x: bool, log_y: bool) -> Lines:
    """The lines without the points that their axes have no place for."""
    clean_x = _on_axis(x, log_x)
    off = [at for at, value in enumerate(clean_x) if value != value]
    clean = {name: list(_on_axis(ys, log_y)) for name, ys in series.items()}
    for ys in clean.values():
        for at in off:
            ys[at] = math.nan
    left_out = sum(y != y for ys in clean.values() for y in ys)
    if left_out == len(x) * len(series):
        raise BadPicture("lines has no point that can be drawn", "lines 中没有可以画出的点")
    return Lines(clean, clean_x, log_x, log_y, left_out)


def _on_axis(values: list[float], log: bool) -> list[float]:
    """The values, with NaN for those that the axis has no place for; what is next to nothing counts as zero."""
    least, most = (_TINY, _HUGE) if log else (-_HUGE, _HUGE)
    if least <= min(values) and max(values) <= most and sum(values) == sum(values):
        return values
    return [(value if abs(value) >= _TINY else 0.0) if least <= value <= most else math.nan for value in values]


def _parse_bars(data: dict[str, Any]) -> Bars:
    _expect_keys(data, {"bars", "unit"})
    named = _named(data["bars"], "bars")
    if len(named) > MOST_BARS:
        raise _too_many("bars", MOST_BARS)
    values = dict(zip(map(_label, named), _numbers(list(named.values()), "bars"), strict=True))
    unit = data.get("unit") or ""
    if not isinstance(unit, str):
        raise BadPicture("unit is text", "unit 必须是文本")
    return Bars(values, _label(unit))


_PARSERS: dict[str, Callable[[dict[str, Any]], Picture]] = {
    "heatmap": _parse_heatmap,
    "lines": _parse_lines,
    "bars": _parse_bars,
}


def _expect_keys(data: dict[str, Any], known: set[str]) -> None:
    for key in data:
        if key not in known:
            shown = _label(str(key)[:40])
            raise BadPicture(f"unknown key {shown!r} in a picture", f"picture 中有未知的键 {shown!r}")


def _listed(value: object, key: str) -> Sequence[Any]:
    if not isinstance(value, (list, tuple)):
        raise BadPicture(f"{key} is a list", f"{key} 必须是列表")
    return value


def _named(value: object, key: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise BadPicture(f"{key} is a dict of names and values", f"{key} 必须是从名称到数值的 dict")
    if not value:
        raise BadPicture(f"{key} is empty", f"{key} 为空")
    return value


def _numbers(value: object, key: str) -> list[float]:
    numbers = _listed(value, key)
    if not all(isinstance(number, (int, float)) for number in numbers):
        raise BadPicture(f"{key} has something that is no number", f"{key} 中有不是数字的值")
    try:
        return [float(number) for number in numbers]
    except OverflowError:
        raise BadPicture(f"{key} has a number that is too large", f"{key} 中的数字过大") from None


def _labels(value: object, key: str, count: int) -> list[str]:
    if value is None:
        return numbered(count)
    labels = [_label(label) for label in _listed(value, key)]
    if len(labels) != count:
        raise BadPicture(
            f"{key} has {len(labels)} labels for {count}", f"{key} 有 {len(labels)} 个标签，应为 {count} 个"
        )
    return labels


def numbered(count: int) -> list[str]:
    """The labels of what has none."""
    return [str(at) for at in range(count)]


def _label(value: object) -> str:
    return " ".join(printable(str(value)).split())


def _too_many(key: str, most: int) -> BadPicture:
    return BadPicture(f"{key} has more than {most:,}", f"{key} 超过 {most:,} 个")
