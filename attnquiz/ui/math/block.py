"""Blocks of characters that are put beside and above each other: the boxes of print, in cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len


class Block(NamedTuple):
    """Rows of equal width, one of which is the base line."""

    rows: tuple[str, ...]
    base: int
    width: int

    @property
    def height(self) -> int:
        return len(self.rows)


def line(text: str) -> Block:
    return Block((text,), 0, cell_len(text))


NOTHING = line("")
VOID = Block((), 0, 0)


def padded(row: str, width: int, align: str) -> str:
    room = width - cell_len(row)
    left = {"l": 0, "c": room // 2, "r": room}[align]
    return " " * left + row + " " * (room - left)


def beside(blocks: Sequence[Block]) -> Block:
    """Blocks in a row, their base lines at one height."""
    blocks = [block for block in blocks if block.width]
    if not blocks:
        return NOTHING
    above = max(block.base for block in blocks)
    below = max(block.height - block.base for block in blocks)
    lifted = [_lifted(block, above, below) for block in blocks]
    rows = tuple("".join(parts) for parts in zip(*lifted, strict=True))
    return Block(rows, above, sum(block.width for block in blocks))


def _lifted(block: Block, above: int, below: int) -> list[str]:
    blank = " " * block.width
    return [blank] * (above - block.base) + list(block.rows) + [blank] * (below - block.height + block.base)


def above(blocks: Sequence[Block], base: int, align: str = "c") -> Block:
    """Blocks on top of each other; the base line is that of blocks[base]."""
    width = max(block.width for block in blocks)
    rows: list[str] = []
    base_row = 0
    for at, block in enumerate(blocks):
        if at == base:
            base_row = len(rows) + block.base
        left = {"l": 0, "c": (width - block.width) // 2, "r": width - block.width}[align]
        rows += [" " * left + row + " " * (width - left - block.width) for row in block.rows]
    return Block(tuple(rows), base_row, width)


_TALL = {  # top, middle, bottom
    "(": ("⎛", "⎜", "⎝"),
    ")": ("⎞", "⎟", "⎠"),
    "[": ("⎡", "⎢", "⎣"),
    "]": ("⎤", "⎥", "⎦"),
    "⌊": ("⎢", "⎢", "⎣"),
    "⌋": ("⎥", "⎥", "⎦"),
    "⌈": ("⎡", "⎢", "⎢"),
    "⌉": ("⎤", "⎥", "⎥"),
    "|": ("│", "│", "│"),
    "‖": ("║", "║", "║"),
}
_BRACES = {"{": ("⎧", "⎪", "⎨", "⎩"), "}": ("⎫", "⎪", "⎬", "⎭")}  # top, side, waist, bottom
_ANGLES = {"⟨": ("╱", "╲"), "⟩": ("╲", "╱")}


def bracket(mark: str, height: int, base: int) -> Block:
    """A bracket as high as what it encloses; one that cannot grow stands on the base line."""
    if height == 1 or not mark:
        return line(mark)
    if mark in _TALL:
        top, middle, bottom = _TALL[mark]
        return Block((top, *[middle] * (height - 2), bottom), base, 1)
    if mark in _BRACES:
        return Block(_brace(_BRACES[mark], height), base, 1)
    if mark in _ANGLES:
        upper, lower = _ANGLES[mark]
        waist = (mark,) if height % 2 else ()
        return Block((upper,) * (height // 2) + waist + (lower,) * (height // 2), base, 1)
    rows = [" " * cell_len(mark)] * height
    rows[base] = mark
    return Block(tuple(rows), base, cell_len(mark))


def _brace(parts: tuple[str, str, str, str], height: int) -> tuple[str, ...]:
    top, side, waist, bottom = parts
    if height == 2:
        return top, bottom
    rows = [top, *[side] * (height - 2), bottom]
    rows[height // 2] = waist
    return tuple(rows)


def fenced(left: str, body: Block, right: str) -> Block:
    return beside([bracket(left, body.height, body.base), body, bracket(right, body.height, body.base)])
