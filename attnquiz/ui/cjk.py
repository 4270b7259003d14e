"""Lines of Chinese and Latin text: where they may be broken, and what joins two of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Self

from rich.cells import cell_len
from rich.containers import Lines
from rich.measure import Measurement
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, JustifyMethod, OverflowMethod
    from rich.segment import Segment

GLUE = "\u00a0"  # a space at which a line is broken only if there is no other place

_RANGES = ((0x2E80, 0xA4CF), (0xAC00, 0xD7AF), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))
_EITHER = "\"'"  # straight quotes may open or close
_MARKS = "，。、；：？！·…—～％‰℃°"
_CLOSING = "）》」』】〕〉｝］”’" + ",.;:?!)]}%/-–" + _MARKS
_OPENING = "（《「『【〔〈｛［“‘([{￥$£#"
_SECOND_BEST = re.compile(f"(?<=[{GLUE}/-])(?=[^ ])")
NO_START = frozenset(_CLOSING + _EITHER + "々ー゛゜ぁぃぅぇぉっゃゅょァィゥェォッャュョ")
NO_END = frozenset(_OPENING + _EITHER)
_FULL_WIDTH_MARKS = frozenset("，。、；：？！～％）》」』】〕〉（《「『【〔〈")
_QUOTES = frozenset("“”‘’…—")


def is_cjk(character: str) -> bool:
    """Whether a character belongs to a script that is written without spaces; its full-width punctuation does."""
    return any(first <= ord(character) <= last for first, last in _RANGES)


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between two neighbouring characters (禁则 included)."""
    if before == " " or after == " ":
        return after != " "
    if after == GLUE or before == GLUE or after in NO_START or before in NO_END:
        return False
    return is_cjk(before) or is_cjk(after)


def joint(before: str, after: str) -> str:
    """What stands for a line end of the source between two characters: nothing in Chinese, else a space."""
    if before in _FULL_WIDTH_MARKS or after in _FULL_WIDTH_MARKS:
        return ""
    chinese = is_cjk(before) or before in _QUOTES, is_cjk(after) or after in _QUOTES
    return "" if all(chinese) and (is_cjk(before) or is_cjk(after)) else " "


def join_lines(text: str) -> str:
    """One line from several."""
    lines = [line.strip() for line in text.split("\n")]
    joined = ""
    for line in filter(None, lines):
        joined += (joint(joined[-1], line[0]) if joined else "") + line
    return joined


def clusters(text: str) -> Iterator[tuple[str, int, int]]:
    """Each visible character with the marks on it: its first code point, where it ends, its cells."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or text[end] < "\u0300" or cell_len(text[end]):
            yield text[start], end, cell_len(text[start:end])
            start = end


def chunks(text: str) -> Iterator[str]:
    """The text in the pieces between which a line may end, each with the spaces behind it."""
    start = 0
    for character, end, _ in clusters(text):
        if end == len(text) or may_break(character, text[end]):
            yield text[start:end]
            start = end


def _cut(chunk: str, width: int) -> Iterator[str]:
    """A chunk wider than a line in pieces that fit: cut at glue and within compounds if that does, else anywhere."""
    for part in _SECOND_BEST.split(chunk):
        if cell_len(part.rstrip()) <= width:
            yield part
        else:
            yield from _cut_anywhere(part, width)


def _cut_anywhere(text: str, width: int) -> Iterator[str]:
    """Pieces of at most `width` cells, of which none begins with a closing mark if that can be helped."""
    piece: list[str] = []
    start = 0
    for character, end, wide in clusters(text):
        if piece and cell_len("".join(piece)) + wide > width:
            at = len(piece)
            while at > 1 and (piece[at][0] if at < len(piece) else character) in NO_START:
                at -= 1
            at = at if cell_len("".join(piece[at:])) + wide <= width else len(piece)
            yield "".join(piece[:at])
            piece = piece[at:]
        piece.append(text[start:end])
        start = end
    yield "".join(piece)


def line_ends(text: str, width: int) -> list[int]:
    """Where to break one line of text so that no part is wider than the width, spaces at its end not counted."""
    ends: list[int] = []
    at = used = 0
    for chunk in _without_orphan(list(chunks(text)), width):
        fits = cell_len(chunk.rstrip()) <= width
        for piece in (chunk,) if fits else _cut(chunk, width):
            if used and used + cell_len(piece.rstrip()) > width:
                ends.append(at)
                used = 0
            at += len(piece)
            used += cell_len(piece)
    return ends


def _without_orphan(pieces: list[str], width: int) -> list[str]:
    """Joins the last two pieces where the last is one Chinese character, which should not stand alone on a line."""
    if len(pieces) < 3 or not is_cjk(pieces[-1][0]) or not is_cjk(pieces[-2][-1]):
        return pieces
    short = cell_len(pieces[-1]) <= 4 and cell_len(pieces[-2]) + cell_len(pieces[-1]) <= width // 2
    return [*pieces[:-2], pieces[-2] + pieces[-1]] if short else pieces


def least_width(text: str) -> int:
    """The width below which something unbreakable would have to be cut."""
    return max((cell_len(chunk.rstrip()) for chunk in chunks(text)), default=0)


class CJKText(Text):
    """Text that wraps where Chinese may be broken, and pads no line."""

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        if no_wrap or self.no_wrap or overflow == "ignore":
            return super().wrap(console, width, justify=justify, overflow=overflow, tab_size=tab_size, no_wrap=no_wrap)
        lines = Lines(self.lines(width))
        if (justify or self.justify) in ("center", "right"):
            lines.justify(console, width, justify=justify or self.justify or "default")
        return lines

    def append_text(self, text: Text) -> Self:
        super().append_text(text)
        return self

    def lines(self, width: int) -> list[Text]:
        """The text in lines of at most `width` cells, without spaces at their ends."""
        found: list[Text] = []
        for paragraph in self.split(allow_blank=True):
            for line in paragraph.divide(line_ends(paragraph.plain, width)):
                line.rstrip()
                line.plain = line.plain.replace(GLUE, " ")
                found.append(line)
        return found

    def copy(self) -> Self:
        copied = type(self)("", self.style, justify=self.justify, overflow=self.overflow, end=self.end)
        copied.no_wrap = self.no_wrap
        copied.append_text(self)
        return copied

    def __rich__(self) -> _Rendered:
        return _Rendered(self)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        lines = self.plain.split("\n")
        return Measurement(max(map(least_width, lines)), max(map(cell_len, lines)))


class _Rendered:
    """Stands in for a text at the console, which would otherwise make a plain Text of it to print it."""

    def __init__(self, text: CJKText) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        return self.text.__rich_console__(console, options)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return self.text.__rich_measure__(console, options)
