"""A demo's pictures in the terminal: heatmaps, lines and bars that read without colour."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.measure import Measurement
from rich.text import Text

from attnquiz.ui.cjk import CJKText
from attnquiz.ui.plots.bars import draw_bars
from attnquiz.ui.plots.heatmap import draw_heatmap
from attnquiz.ui.plots.lines import draw_lines
from attnquiz.ui.plots.picture import BadPicture, Bars, Heatmap, Lines, parse_picture
from attnquiz.ui.printable import printable

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions

__all__ = ["check_picture", "draw_picture"]

_NARROWEST = 24


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture that draws itself as wide as the screen lets it, with its title above."""

    data: object
    title: str
    lang: str

    def lines(self, width: int) -> list[Text]:
        title = CJKText(" ".join(printable(self.title).split()), style="bold").lines(width) if self.title else []
        try:
            drawn = _draw(self.data, max(width, _NARROWEST), self.lang)
        except BadPicture as reason:
            says = f"（无法绘图：{reason.zh}）" if self.lang == "zh" else f"(no picture: {reason.en})"
            drawn = CJKText(says, style="dim").lines(width)
        return [*title, *drawn]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Text]:
        for line in self.lines(options.max_width):
            line.no_wrap = True
            line.overflow = "ignore"
            yield line

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(min(_NARROWEST, options.max_width), options.max_width)


def draw_picture(data: object, title: str = "", *, lang: str = "en") -> Plot:
    """A renderable; data that cannot be drawn becomes a line that says why. Raises nothing."""
    return Plot(data, title, lang)


def check_picture(data: object, *, lang: str = "en") -> str | None:
    """What is wrong with a picture's data, None if all of it can be drawn."""
    try:
        picture = parse_picture(data)
    except BadPicture as reason:
        return reason.text(lang)
    return _left_out(picture.left_out, lang) if isinstance(picture, Lines) and picture.left_out else None


def _draw(data: object, width: int, lang: str) -> list[Text]:
    match parse_picture(data):
        case Heatmap() as heatmap:
            return draw_heatmap(heatmap, width)
        case Bars() as bars:
            return draw_bars(bars, width)
        case Lines(left_out=0) as lines:
            return draw_lines(lines, width)
        case Lines() as lines:
            note = CJKText(_left_out(lines.left_out, lang), style="dim")
            return [*draw_lines(lines, width), *note.lines(width)]


def _left_out(count: int, lang: str) -> str:
    if lang == "zh":
        return f"有 {count} 个点不在坐标轴上（非有限值，或对数轴上不为正），未画出"
    return f"{count} points have no place on the axes (not finite, or not positive on a log axis) and are left out"
