"""Mathematics in the terminal: LaTeX on one line, or laid out in two dimensions."""

from __future__ import annotations

import re
from functools import lru_cache

from attnquiz.ui.math.oneline import one_line
from attnquiz.ui.math.parse import parse
from attnquiz.ui.math.tree import BadMath
from attnquiz.ui.printable import printable

__all__ = ["BadMath", "check_math", "display", "inline"]


@lru_cache(2048)
def inline(tex: str) -> str:
    """A formula, given without its dollars, as one line; its source where it cannot be read. Raises nothing."""
    tex = printable(tex)
    try:
        text = one_line(parse(tex))
    except BadMath:
        text = " ".join(tex.split())
    return re.sub("  +", lambda spaces: spaces[0][:2], text).strip()


def display(tex: str, width: int, *, one_line: bool = False) -> list[str] | None:
    """The rows of a formula that stands alone, at most `width` cells; None where it does not fit or cannot be read.

    `one_line` keeps it on one row, for terminals that show brackets and Greek letters two cells wide.
    """
    from attnquiz.ui.math.layout import lay_out  # only answers have such formulas

    return lay_out(printable(tex), width, one_line)


def check_math(tex: str) -> str | None:
    """Why a formula will be shown as its source, None if it can be laid out."""
    try:
        parse(tex)
    except BadMath as reason:
        return str(reason)
    return None
