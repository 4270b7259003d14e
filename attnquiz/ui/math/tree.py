"""The tree that a formula is parsed to. Tuples, since a module on the start-up path cannot afford dataclasses."""

from __future__ import annotations

from typing import NamedTuple


class Atom(NamedTuple):
    """One symbol, number, word or name. `kind` decides the space around it (see spacing.py)."""

    text: str
    kind: str


class Space(NamedTuple):
    cells: int


class Row(NamedTuple):
    items: tuple[Node, ...]


class Fraction(NamedTuple):
    top: Node
    bottom: Node


class Root(NamedTuple):
    body: Node
    degree: Node | None


class Script(NamedTuple):
    base: Node
    sub: Node | None
    sup: Node | None


class Fence(NamedTuple):
    """A body between brackets; either bracket may be empty."""

    left: str
    body: Node
    right: str


class Accent(NamedTuple):
    body: Node
    name: str


class Brace(NamedTuple):
    """A horizontal brace under or over a body, with its label."""

    body: Node
    label: Node | None
    over: bool


class Stack(NamedTuple):
    base: Node
    over: Node | None
    under: Node | None


class Grid(NamedTuple):
    """Cells in rows. `align` has one letter a column (l, c, r), the last letters repeated as often as needed.

    `form` is what the cells are: matrix, cases, lines, list or choose.
    """

    rows: tuple[tuple[Node, ...], ...]
    left: str
    right: str
    align: str
    form: str


class Frame(NamedTuple):
    body: Node


Node = Atom | Space | Row | Fraction | Root | Script | Fence | Accent | Brace | Stack | Grid | Frame

EMPTY = Row(())


class BadMath(Exception):
    """LaTeX that cannot be laid out; the message says why."""
