"""The inside of a paragraph: text, emphasis, code, formulas and links as one wrapping text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from markdown_it.tree import SyntaxTreeNode

from attnquiz.ui.cjk import CJKText, joint
from attnquiz.ui.inline import CODE, EMPHASIS, MATH, STRONG, formula
from attnquiz.ui.printable import printable

_STYLES = {"strong": STRONG, "em": EMPHASIS, "s": "strike"}
_SOFT = ""  # stands for a line end of the source


def spans_text(node: SyntaxTreeNode, style: str = "") -> CJKText:
    """The text of a block that holds text, such as a paragraph or a cell."""
    text = CJKText()
    held = [(printable(piece) if piece else piece, style) for piece, style in _pieces(node.children, style)]
    for at, (piece, styled) in enumerate(held):
        if piece == _SOFT:
            before = text.plain[-1:] or " "
            after = held[at + 1][0][:1] if at + 1 < len(held) else ""
            piece = joint(before, after) if after else ""
        text.append(piece, styled or None)
    return text


def _pieces(nodes: Iterable[SyntaxTreeNode], style: str) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if node.type == "softbreak":
            yield _SOFT, style
        elif node.type == "hardbreak":
            yield "\n", style
        elif node.type == "code_inline":
            yield node.content, _joined(style, CODE)
        elif node.type in ("math_inline", "math_inline_double"):
            yield formula(node.content), _joined(style, MATH)
        elif node.type in ("link", "image"):
            yield from _link(node, style)
        elif node.children:
            yield from _pieces(node.children, _joined(style, _STYLES.get(node.type, "")))
        elif node.content:
            yield node.content, style


def _link(node: SyntaxTreeNode, style: str) -> Iterator[tuple[str, str]]:
    """The words of a link, and where it leads if that is a web address; an image by its description."""
    target = str(node.attrs.get("href") or node.attrs.get("src") or "")
    words = list(_pieces(node.children, _joined(style, "underline")))
    shown = "".join(piece for piece, _ in words)
    yield from words if shown else [(target, style)]
    if target.startswith(("http://", "https://")) and shown and shown != target:
        yield f" ({target})", _joined(style, "dim")


def _joined(style: str, more: str) -> str:
    return f"{style} {more}".strip()
