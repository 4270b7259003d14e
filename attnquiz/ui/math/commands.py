"""What each command of LaTeX that is not a symbol reads, and the node it leaves behind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from attnquiz.ui.math.names import (
    read_alphabet,
    read_italic,
    read_mathop,
    read_operator,
    read_text,
    read_upright,
    unescape,
)
from attnquiz.ui.math.symbols import (
    ALPHABETS,
    COMBINING,
    FUNCTIONS,
    LIMIT_FUNCTIONS,
    NEGATED,
    TEXT,
    UPRIGHT,
    WIDE_ACCENTS,
)
from attnquiz.ui.math.tree import (
    Accent,
    Atom,
    BadMath,
    Brace,
    Fence,
    Fraction,
    Frame,
    Grid,
    Node,
    Root,
    Row,
    Script,
    Space,
    Stack,
)

if TYPE_CHECKING:
    from attnquiz.ui.math.parse import Parser

Reader = Callable[["Parser", str], Node | None]

# What an environment holds, its brackets and how its columns are aligned.
_ENVIRONMENTS = {
    "matrix": ("matrix", "", "", "c"),
    "smallmatrix": ("matrix", "", "", "c"),
    "pmatrix": ("matrix", "(", ")", "c"),
    "bmatrix": ("matrix", "[", "]", "c"),
    "Bmatrix": ("matrix", "{", "}", "c"),
    "vmatrix": ("matrix", "|", "|", "c"),
    "Vmatrix": ("matrix", "‖", "‖", "c"),
    "array": ("matrix", "", "", "c"),
    "cases": ("cases", "{", "", "l"),
    "dcases": ("cases", "{", "", "l"),
    "rcases": ("cases", "", "}", "l"),
    **dict.fromkeys(["align", "aligned", "alignat", "alignedat", "flalign", "split"], ("lines", "", "", "rl")),
    **dict.fromkeys(["gather", "gathered", "equation"], ("lines", "", "", "c")),
    "multline": ("lines", "", "", "l"),
    "eqnarray": ("lines", "", "", "rcl"),
}
_CELL_STOPS = frozenset({"\\end"})
_SEPARATORS = frozenset({"&", "\\\\", "\\cr"})
_LIST_STOPS = frozenset("}")


def find(name: str) -> Reader | None:
    """The reader of a command, None if it is not known."""
    if name in READERS:
        return READERS[name]
    if name in FUNCTIONS:
        return read_function
    if name in TEXT:
        return read_text
    if name in ALPHABETS:
        return read_alphabet
    if name in UPRIGHT:
        return read_upright
    if name in COMBINING or name in WIDE_ACCENTS:
        return read_accent
    return None


def read_nothing(parser: Parser, name: str) -> None:
    """A command that changes only how print looks: \\displaystyle, \\limits, \\nonumber."""


def read_away(parser: Parser, name: str) -> None:
    """The same with an argument: \\label, \\color."""
    parser.raw_group()


def read_through(parser: Parser, name: str) -> Node:
    return parser.argument()


def read_fraction(parser: Parser, name: str) -> Node:
    return Fraction(parser.argument(), parser.argument())


def read_binomial(parser: Parser, name: str) -> Node:
    return Grid(((parser.argument(),), (parser.argument(),)), "(", ")", "c", "choose")


def read_root(parser: Parser, name: str) -> Node:
    index = parser.option()
    return Root(parser.argument(), index)


def read_accent(parser: Parser, name: str) -> Node:
    return Accent(parser.argument(), WIDE_ACCENTS.get(name, name))


def read_brace(parser: Parser, name: str) -> Node:
    return Brace(parser.argument(), None, name == "overbrace")


def read_stack(parser: Parser, name: str) -> Node:
    mark, base = parser.argument(), parser.argument()
    under = name == "underset"
    if isinstance(base, Row) and len(base.items) == 1:
        base = base.items[0]
    if isinstance(base, Atom) and base.kind in ("big", "limits"):
        return Script(base, mark, None) if under else Script(base, None, mark)
    return Stack(base, None, mark) if under else Stack(base, mark, None)


def read_arrow(parser: Parser, name: str) -> Node:
    under = parser.option()
    return Stack(Atom("→" if "right" in name else "←", "arrow"), parser.argument(), under)


def read_function(parser: Parser, name: str) -> Node:
    if name == "arg" and parser.token in ("\\max", "\\min"):
        name += parser.take()[1:]
    return Atom(name, "limits" if name in LIMIT_FUNCTIONS else "function")


def read_kind(parser: Parser, name: str) -> Node:
    """\\mathbin and its like: the argument with another kind."""
    node = parser.argument()
    atom = node.items[0] if isinstance(node, Row) and len(node.items) == 1 else node
    kinds = {"mathbin": "bin", "mathrel": "rel", "mathopen": "open", "mathclose": "close", "mathpunct": "punct"}
    return Atom(atom.text, kinds[name]) if isinstance(atom, Atom) else node


def read_negation(parser: Parser, name: str) -> Node:
    node = parser.argument()
    if isinstance(node, Atom) and node.text in NEGATED:
        return Atom(NEGATED[node.text], "rel")
    raise BadMath("\\not before something that has no negated form")


def read_fence(parser: Parser, name: str) -> Node:
    return parser.fence()


def read_big(parser: Parser, name: str) -> Node:
    """\\big and its like: a bracket whose size does not matter here."""
    bracket = parser.delimiter()
    kind = "open" if bracket in "([{⟨⌊⌈" else "close" if bracket in ")]}⟩⌋⌉" else "ord"
    return Atom(bracket, {"l": "open", "r": "close", "m": "rel"}.get(name[-1], kind))


def read_phantom(parser: Parser, name: str) -> Node:
    """Room as wide as the argument, roughly: what the eye gets from a phantom is that something is left out."""
    body = parser.argument()
    return Space(0 if name == "vphantom" else len(body.items) if isinstance(body, Row) else 1)


def read_colored(parser: Parser, name: str) -> Node:
    parser.raw_group()
    return parser.argument()


def read_framed(parser: Parser, name: str) -> Node:
    return Frame(parser.argument())


def read_modulus(parser: Parser, name: str) -> Node:
    return Row((Space(1), Fence("(", Row((Atom("mod", "function"), parser.argument())), ")")))


def read_tag(parser: Parser, name: str) -> None:
    parser.tag = unescape(parser.raw_group())


def read_list(parser: Parser, name: str) -> Node:
    parser.expect("{")
    grid = parser.grid("list", _SEPARATORS, _LIST_STOPS)
    parser.expect("}")
    return grid._replace(align="c")


def read_environment(parser: Parser, name: str) -> Node:
    environment = parser.raw_group()
    kind = environment.rstrip("*")
    if kind not in _ENVIRONMENTS:
        raise BadMath(f"unknown environment {environment}")
    form, left, right, align = _ENVIRONMENTS[kind]
    if kind in ("array", "alignat", "alignedat"):
        columns = re.findall("[lcr]", parser.raw_group())
        align = "".join(columns) or align
    grid = parser.grid(form, _SEPARATORS, _CELL_STOPS)
    parser.expect("\\end")
    if parser.raw_group() != environment:
        raise BadMath(f"{environment} has another end")
    return grid._replace(left=left, right=right, align=align)


def _named(reader: Reader, names: str) -> dict[str, Reader]:
    return dict.fromkeys(names.split(), reader)


READERS: dict[str, Reader] = {
    **_named(read_nothing, "displaystyle textstyle scriptstyle limits nolimits nonumber notag hline strut mathstrut"),
    **_named(read_nothing, "rm bf it sf tt normalsize"),
    **_named(read_away, "label color vspace hspace"),
    **_named(read_through, "mathord mathinner smash ensuremath"),
    **_named(read_fraction, "frac dfrac tfrac cfrac nicefrac"),
    **_named(read_binomial, "binom dbinom tbinom"),
    **_named(read_root, "sqrt"),
    **_named(read_brace, "underbrace overbrace"),
    **_named(read_stack, "underset overset stackrel"),
    **_named(read_arrow, "xrightarrow xleftarrow"),
    **_named(read_operator, "operatorname operatorname*"),
    **_named(read_mathop, "mathop"),
    **_named(read_kind, "mathbin mathrel mathopen mathclose mathpunct"),
    **_named(read_italic, "mathit mathnormal"),
    **_named(read_negation, "not"),
    **_named(read_fence, "left"),
    **_named(read_big, "big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm biggm Biggm"),
    **_named(read_phantom, "phantom hphantom vphantom"),
    **_named(read_colored, "textcolor colorbox"),
    **_named(read_framed, "boxed"),
    **_named(read_modulus, "pmod"),
    **_named(read_tag, "tag tag*"),
    **_named(read_list, "substack"),
    **_named(read_environment, "begin"),
}
