"""The blocks of a page, each as lines of text that fit a width."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markdown_it.tree import SyntaxTreeNode
from rich.text import Text

from attnquiz.ui.cjk import CJKText
from attnquiz.ui.code import code_lines
from attnquiz.ui.inline import MATH, formula
from attnquiz.ui.markdown.spans import spans_text
from attnquiz.ui.markdown.table import Table, table_lines
from attnquiz.ui.math import display
from attnquiz.ui.printable import printable

_NARROWEST = 12  # cells; nothing is indented further than this leaves
_ROOMY = 60

Lines = list[Text]


def page_lines(nodes: Sequence[SyntaxTreeNode], width: int, one_line: bool) -> Lines:
    """Blocks below each other with an empty line between them, but none under a heading or in a tight list."""
    lines: Lines = []
    before = ""
    for node in nodes:
        render = _RENDERERS.get(node.type, _paragraph)
        block = render(node, width, one_line)
        if lines and block and before != "heading" and not _is_tight(node):
            lines.append(Text())
        lines += block
        before = node.type if block else before
    return lines


def _is_tight(node: SyntaxTreeNode) -> bool:
    """Whether a block follows closely on the one before it: it is in a list without empty lines."""
    parent = node.parent
    if parent is None or parent.type != "list_item":
        return False
    return all(child.hidden for child in parent.children if child.type == "paragraph")


def _paragraph(node: SyntaxTreeNode, width: int, one_line: bool) -> Lines:
    inline = node.children[0] if node.children else None
    if inline is None:
        return CJKText(printable(node.content)).lines(width) if node.content else []
    if [child.type for child in inline.children] == ["math_inline_double"]:
        return _formula(inline.children[0], width, one_line)
    return spans_text(inline).lines(width)


def _heading(node: SyntaxTreeNode, width: int, one_line: bool) -> Lines:
    """A bold line that keeps its hashes: they are what tells it from a paragraph where there is no bold."""
    marks = "#" * int(node.tag[1:]) + " "
    style = "bold" if len(marks) > 3 else "bold magenta"
    lines = [line for child in node.children for line in spans_text(child, style).lines(width - len(marks))]
    return prefixed(lines or [Text()], marks, " " * len(marks))


def _formula(node: SyntaxTreeNode, width: int, one_line: bool) -> Lines:
    indent = _indent(width)
    rows = display(node.content.strip(), width - indent, one_line=one_line)
    if rows is None:
        rows = [line.plain for line in CJKText(formula(node.content)).lines(width - indent)]
    return [Text(" " * indent + row if row else "", style=MATH) for row in rows]


def _code(node: SyntaxTreeNode, width: int, one_line: bool) -> Lines:
    language = node.info.split()[0] if node.info.strip() else ""
    indent = _indent(width)
    lines = code_lines(node.content.rstrip("\n"), language).lines(width - indent)
    return prefixed(lines, " " * indent, " " * indent)


def _indent(width: int) -> int:
    return 4 if width >= _ROOMY else 2


def _quote(node: SyntaxTreeNode, width: int, one_line: bool) -> Lines:
    bar = _lead(width, "│ ")
    return prefixed(page_lines(node.children, width - len(bar), one_line), bar, bar)


def _lead(width: int, *leads: str) -> str:
    """The first of the leads that leaves room for text behind it, or none."""
    return next((lead for lead in leads if width - len(lead) >= _NARROWEST), "")


def _bullets(node: SyntaxTreeNode, width: int, one_line: bool) -> Lines:
    return _items(node, ["•"] * len(node.children), width, one_line)


def _numbers(node: SyntaxTreeNode, width: int, one_line: bool) -> Lines:
    first = int(node.attrs.get("start", 1))
    marks = [f"{first + at}." for at in range(len(node.children))]
    widest = max(map(len, marks))
    return _items(node, [mark.rjust(widest) for mark in marks], width, one_line)


def _items(node: SyntaxTreeNode, marks: list[str], width: int, one_line: bool) -> Lines:
    lines: Lines = []
    for mark, item in zip(marks, node.children, strict=True):
        lead = _lead(width, f" {mark} ", f"{mark} ")
        item_lines = page_lines(item.children, width - len(lead), one_line) or [Text()]
        if lines and not all(child.hidden for child in item.children if child.type == "paragraph"):
            lines.append(Text())
        lines += prefixed(item_lines, lead, " " * len(lead))
    return lines


def prefixed(lines: Lines, first: str, rest: str) -> Lines:
    found = []
    for at, line in enumerate(lines):
        joined = Text.assemble((first if at == 0 else rest, "dim"), line)
        joined.rstrip()
        found.append(joined)
    return found


def _rule(node: SyntaxTreeNode, width: int, one_line: bool) -> Lines:
    return [Text("─" * min(width, 24), style="dim")]


def _table(node: SyntaxTreeNode, width: int, one_line: bool) -> Lines:
    rows = [row for part in node.children for row in part.children]
    cells = [[_cell(cell, head=at == 0) for cell in row.children] for at, row in enumerate(rows)]
    align = "".join(_align(cell) for cell in rows[0].children)
    return table_lines(Table(cells, align), width)


def _cell(node: SyntaxTreeNode, head: bool) -> CJKText:
    return spans_text(node.children[0], "bold" if head else "") if node.children else CJKText()


def _align(cell: SyntaxTreeNode) -> str:
    style = str(cell.attrs.get("style", ""))
    return {"text-align:right": "r", "text-align:center": "c"}.get(style, "l")


_RENDERERS: dict[str, Callable[[SyntaxTreeNode, int, bool], Lines]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "math_block": _formula,
    "fence": _code,
    "code_block": _code,
    "blockquote": _quote,
    "bullet_list": _bullets,
    "ordered_list": _numbers,
    "hr": _rule,
    "table": _table,
}
