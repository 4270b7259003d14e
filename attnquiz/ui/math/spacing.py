"""Where a formula has space: decided by the kinds of neighbours, the same for both forms."""

from __future__ import annotations

from collections.abc import Iterator

from attnquiz.ui.math.tree import Accent, Atom, Brace, Fence, Fraction, Grid, Node, Row, Script, Space, Stack

SIGNS = "+−±∓"
NAMES = frozenset({"function", "limits", "big"})  # they apply to what follows
_ARGUMENTS = frozenset({"ord", "number", "text", "fence", "fraction"})
_BEFORE_A_SIGN = frozenset({"", "rel", "bin", "sign", "punct", "open", "slash", "space"}) | NAMES


def kind(node: Node) -> str:
    """What the neighbours of a node see: the kind of an atom, or what a larger node stands for."""
    match node:
        case Atom():
            return node.kind
        case Script(base=base) | Stack(base=base):
            return kind(base)
        case Accent(body=body) | Brace(body=body):
            return kind(body)
        case Row(items=items):
            return kind(items[0]) if len(items) == 1 else "ord"
        case Fraction():
            return "fraction"
        case Fence():
            return "fence"
        case Grid(left=left):
            return "fence" if left else "ord"
        case Space():
            return "space"
    return "ord"


def kinds(items: tuple[Node, ...]) -> list[str]:
    """The kinds of a row's items, with plus and minus told apart from the signs of numbers."""
    found: list[str] = []
    for item in items:
        this = "rel" if (seen := kind(item)) == "arrow" else seen
        before = found[-1] if found else ""
        if this == "bin" and before in _BEFORE_A_SIGN and isinstance(item, Atom) and item.text in SIGNS:
            this = "sign"
        found.append(this)
    return found


def gaps(items: tuple[Node, ...], tight: bool) -> Iterator[tuple[bool, Node]]:
    """Each item, and whether there is a space before it. Scripts are set tight, as in print."""
    before = ""
    for this, item in zip(kinds(items), items, strict=True):
        yield _gap(before, this, tight), item
        before = this


def _gap(before: str, this: str, tight: bool) -> bool:
    if not before or "space" in (before, this):
        return False
    if this == "rel" or before == "rel":
        return not tight and this != "punct"
    if this == "bin" or before == "bin" or this == before == "sign":
        return not tight
    if before == "punct":
        return not tight and this != "close"
    if before in NAMES:
        return this in NAMES or (this in _ARGUMENTS and (this != "fence" or before == "big"))
    return this in NAMES and before in _ARGUMENTS | {"close"}
