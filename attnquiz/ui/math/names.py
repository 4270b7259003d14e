"""Commands whose argument is a name, words or letters of another alphabet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attnquiz.ui.math.symbols import ALPHABETS, LIMIT_FUNCTIONS
from attnquiz.ui.math.tree import Accent, Atom, BadMath, Fence, Node, Row, Script, Space

if TYPE_CHECKING:
    from attnquiz.ui.math.parse import Parser

_ESCAPE = re.compile(r"\\([^A-Za-z])")


def read_operator(parser: Parser, name: str) -> Node:
    """\\operatorname, with a star if its scripts stand above and below."""
    text = plain(parser.argument())
    squeezed = text.replace(" ", "")
    if squeezed in LIMIT_FUNCTIONS:
        return Atom(squeezed, "limits")
    return Atom(text, "limits" if name.endswith("*") else "function")


def read_mathop(parser: Parser, name: str) -> Node:
    return Atom(plain(parser.argument()), "limits")


def read_upright(parser: Parser, name: str) -> Node:
    """Letters set upright are a name, such as softmax, or a unit; one alone is a symbol."""
    node = parser.argument()
    try:
        text = plain(node)
    except BadMath:
        return node
    return Atom(text, "function" if len(text) > 1 else "ord")


def read_italic(parser: Parser, name: str) -> Node:
    node = parser.argument()
    try:
        return Atom(plain(node), "ord")
    except BadMath:
        return node


def plain(node: Node) -> str:
    """The text of a row of symbols. Raises BadMath where there is more than symbols."""
    if isinstance(node, Atom):
        return "-" if node.text == "−" else node.text
    if isinstance(node, Space):
        return " " * min(node.cells, 1)
    if isinstance(node, Row):
        return "".join(plain(item) for item in node.items)
    if isinstance(node, Fence):
        return node.left + plain(node.body) + node.right
    raise BadMath("a name can only have letters")


def read_text(parser: Parser, name: str) -> Node:
    """Words, with formulas between dollars."""
    items: list[Node] = []
    for at, part in enumerate(parser.raw_group().split("$")):
        if at % 2:
            items.append(type(parser)(part, parser.depth).row())
        elif part:
            items.append(Atom(unescape(part), "text"))
    return items[0] if len(items) == 1 else Row(tuple(items))


def unescape(text: str) -> str:
    text = _ESCAPE.sub(r"\1", text).replace("~", " ").replace("{", "").replace("}", "")
    if "\\" in text:
        raise BadMath("a command within text")
    return " ".join(text.split("\n"))


def read_alphabet(parser: Parser, name: str) -> Node:
    return restyled(parser.argument(), ALPHABETS[name])


def restyled(node: Node, alphabet: dict[int, str]) -> Node:
    match node:
        case Atom(text, kind):
            return Atom(text.translate(alphabet), kind) if kind in ("ord", "number") else node
        case Row(items):
            return Row(tuple(restyled(item, alphabet) for item in items))
        case Script(base, sub, sup):
            return Script(restyled(base, alphabet), sub, sup)
        case Accent(body, accent):
            return Accent(restyled(body, alphabet), accent)
    return node
