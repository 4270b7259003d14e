"""A formula on one line of text. Brackets are added wherever the line would otherwise mean something else."""

from __future__ import annotations

from attnquiz.ui.math.spacing import NAMES, gaps, kind, kinds
from attnquiz.ui.math.symbols import COMBINING, RAISED, STACKED_EQUALS, SUBSCRIPTS, SUPERSCRIPTS
from attnquiz.ui.math.tree import (
    Accent,
    Atom,
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

_SUMS = frozenset({"bin", "rel", "punct", "slash"})  # what binds less tightly than a product
_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
_SMALL = frozenset(map(chr, [*SUPERSCRIPTS.values(), *SUBSCRIPTS.values()]))
_LONGEST_SMALL = 5  # tiny letters cannot be read in longer runs


def one_line(node: Node, tight: bool = False) -> str:
    """The text of a node; `tight` leaves out the space around operators, as within scripts."""
    match node:
        case Atom(text=text):
            return text
        case Space(cells=cells):
            return " " * min(cells, 2)
        case Row(items=items):
            return _row(items, tight)
        case Fraction(top=top, bottom=bottom):
            below = one_line(bottom, tight) if _is_derivative(top, bottom) else _denominator(bottom, tight)
            return f"{_numerator(top, tight)}/{below}"
        case Root():
            return _root(node, tight)
        case Script():
            return _script(node, tight)
        case Fence():
            return _fence(node, tight)
        case Accent(body=body, name=name):
            return accented(body, name)
        case Brace(body=body, label=label):
            text = _operand(body, tight)
            return text if label is None else f"{text} [{one_line(label, tight=True)}]"
        case Stack():
            return _stack(node, tight)
        case Grid():
            return _grid(node)
        case Frame(body=body):
            return f"[{one_line(body, tight)}]"


def single(node: Node) -> Node | None:
    """The node, or the only item of a row; None if there are several or none."""
    if isinstance(node, Row):
        return single(node.items[0]) if len(node.items) == 1 else None
    return node


def _row(items: tuple[Node, ...], tight: bool) -> str:
    seen = kinds(items)
    line = ""
    for at, (gap, item) in enumerate(gaps(items, tight)):
        text = one_line(item, tight)
        if isinstance(item, Fraction) and _is_factor(seen, at):
            text, gap = f"({text})", gap and seen[at - 1] != "function"
        if gap or _would_merge(items[at - 1] if at else None, line, text):
            line += " "
        line += text
    return line


def _is_factor(seen: list[str], at: int) -> bool:
    """Whether a fraction is multiplied with a neighbour, or an argument of one: it needs brackets."""
    before = [kind for kind in seen[:at] if kind != "space"][-1:]
    after = [kind for kind in seen[at + 1 :] if kind != "space"][:1]
    factors = {"ord", "number", "text", "fence", "fraction"}
    return bool((factors | {"function", "slash"}).intersection(before) or (factors | NAMES).intersection(after))


def _would_merge(previous: Node | None, line: str, text: str) -> bool:
    """Whether `W_Q` and `K`, `√2` and `x`, or `x*` and `y` would be read as one thing without a space."""
    if not line or not text or not (text[0].isalnum() or text[0] in "√∛∜"):
        return False
    if isinstance(previous, Root):
        return line[-1] != ")"
    return isinstance(previous, Script) and (line[-1] == "*" or _ends_in_script(line))


def _ends_in_script(line: str) -> bool:
    """Whether the line ends in a word that belongs to an underscore or a caret."""
    at = len(line)
    while at and line[at - 1].isalnum() and line[at - 1] not in _SMALL:
        at -= 1
    return 0 < at < len(line) and line[at - 1] in "_^"


def _operand(node: Node, tight: bool) -> str:
    """A node that something applies to as a whole."""
    text = one_line(node, tight)
    return f"({text})" if isinstance(node, Row) and _SUMS.intersection(kinds(node.items)) else text


def _numerator(node: Node, tight: bool) -> str:
    text = one_line(node, tight)
    items = node.items if isinstance(node, Row) else (node,)
    seen = kinds(items)
    loose = _SUMS | {"fraction", "big"}
    applied = len(items) > 1 and NAMES.intersection(seen) and not _is_call(items)
    spaced = len(items) == 1 and kind(items[0]) == "text" and " " in text
    return f"({text})" if loose.intersection(seen) or applied or spaced else text


def _denominator(node: Node, tight: bool) -> str:
    text = one_line(node, tight)
    only = single(node)
    if only is not None:
        plain = not isinstance(only, (Fraction, Brace, Stack)) and kind(only) != "big" and " " not in _name(only)
    else:
        plain = isinstance(node, Row) and _is_call(node.items)
    return text if plain else f"({text})"


def _name(node: Node) -> str:
    return node.text if isinstance(node, Atom) else ""


def _is_call(items: tuple[Node, ...]) -> bool:
    """`exp(x + 1)` or `p(x, y)`, but not `k(k − 1)`: a letter may as well be a factor before a sum."""
    if len(items) != 2 or not isinstance(items[0], (Atom, Script)):
        return False
    name, body = items
    if not isinstance(body, Fence) or body.left != "(":
        return False
    arguments = body.body.items if isinstance(body.body, Row) else (body.body,)
    listed = all(isinstance(item, (Atom, Script, Accent, Space)) for item in arguments)
    return kind(name) in ("function", "limits", "text") or (listed and "bin" not in kinds(arguments))


def _is_derivative(top: Node, bottom: Node) -> bool:
    """`∂L/∂x`, `df/dx`: by custom what is under the slash has no brackets."""
    if not isinstance(bottom, Row) or len(bottom.items) != 2 or kind(bottom.items[1]) != "ord":
        return False
    first = top.items[0] if isinstance(top, Row) and top.items else top
    return first == bottom.items[0] and first in _DIFFERENTIALS


_DIFFERENTIALS = (Atom("∂", "ord"), Atom("d", "ord"))


def _root(root: Root, tight: bool) -> str:
    body = one_line(root.body, tight)
    degree = "" if root.degree is None else one_line(root.degree, tight=True)
    sign = _ROOTS.get(degree) or f"{superscript(degree) or f'[{degree}]'}√"
    only = single(root.body)
    bare = isinstance(only, (Atom, Fence, Accent)) or (isinstance(only, Script) and only.sup is None)
    if isinstance(only, Fence) and only.left != "(":
        bare = False
    return f"{sign}{body}" if bare and " " not in body[: 1 if isinstance(only, Fence) else None] else f"{sign}({body})"


def _fence(fence: Fence, tight: bool) -> str:
    only = single(fence.body)
    body = _cells(only) if isinstance(only, Grid) and not only.left else one_line(fence.body, tight)
    if isinstance(only, Fraction) and not (fence.left and fence.right):
        body = f"({body})"
    return fence.left + body + fence.right


def _script(script: Script, tight: bool) -> str:
    base = single(script.base) or script.base
    line = one_line(base, tight)
    mergeable = isinstance(base, Script) and base.sup is None and script.sub is None  # {x_i}^2 is xᵢ²
    if not mergeable and isinstance(base, (Row, Fraction, Root, Script, Brace)):
        line = f"({line})" if line else ""
    low = "" if script.sub is None else lowered(script.sub)
    high = "" if script.sup is None else raised(script.sup)
    return line + low + high


def lowered(node: Node) -> str:
    """A subscript: small letters if Unicode has them all, else an underscore."""
    text = one_line(node, tight=True)
    if (small := subscript(text)) and not _is_word(node):
        return small
    return "_" + _grouped(node, text)


def raised(node: Node) -> str:
    text = one_line(node, tight=True)
    if (small := superscript(text)) and not _is_word(node):
        return small
    return "^" + _grouped(node, text)


def _is_word(node: Node) -> bool:
    """Whether a script is an upright word: `model` is easier to read at full size than in tiny letters."""
    only = single(node)
    return isinstance(only, Atom) and only.kind in ("text", "function", "limits") and len(only.text) > 1


def _grouped(node: Node, text: str) -> str:
    """A script that follows `_` or `^`: in brackets, unless it is one word or brings its own."""
    only = single(node)
    items = node.items if isinstance(node, Row) else (node,)
    letters = all(isinstance(item, Atom) for item in items) and text.isalnum()
    one_word = letters and (text.isdigit() or not text[0].isdigit())
    bracketed = isinstance(only, Fence) and only.left == "("
    return text if len(text) == 1 or one_word or bracketed else f"({text})"


def _fits_small(text: str, table: dict[int, int]) -> bool:
    inner = text[1:-1] if text[:1] == "(" and text[-1:] == ")" else text
    return len(text) <= _LONGEST_SMALL and "(" not in inner and all(ord(c) in table or c in RAISED for c in text)


def subscript(text: str) -> str:
    """The text in small low letters, empty if it cannot be or should not."""
    return text.translate(SUBSCRIPTS) if _fits_small(text, SUBSCRIPTS) and not set(RAISED).intersection(text) else ""


def superscript(text: str) -> str:
    return text.translate(SUPERSCRIPTS) if _fits_small(text, SUPERSCRIPTS) else ""


def accented(body: Node, name: str) -> str:
    """A letter with its mark, composed where Unicode has it; `hat(xy)` for more than one letter."""
    only = single(body)
    if isinstance(only, Script):
        return one_line(Script(Atom(accented(only.base, name), kind(only.base)), only.sub, only.sup))
    text = one_line(body)
    if len(text) == 1 and text.isalpha() and ord(text) < 0x2E80:
        from unicodedata import normalize

        return normalize("NFC", text + COMBINING[name])
    if isinstance(only, Accent) and len(text) <= 3:
        return text + COMBINING[name]
    return f"{'bar' if name == 'overline' else name}({text})"


def _stack(stack: Stack, tight: bool) -> str:
    base = one_line(stack.base, tight)
    over = "" if stack.over is None else one_line(stack.over, tight=True)
    under = "" if stack.under is None else one_line(stack.under, tight=True)
    if kind(stack.base) == "arrow":
        label = ", ".join(filter(None, (over, under)))
        return f"─{label}{base}" if base == "→" else f"{base}{label}─"
    if base == "=" and over in STACKED_EQUALS:
        return STACKED_EQUALS[over]
    low = "" if stack.under is None else lowered(stack.under)
    return base + low + ("" if stack.over is None else raised(stack.over))


def _grid(grid: Grid) -> str:
    if grid.form == "choose":
        return "C(" + ", ".join(one_line(row[0]) for row in grid.rows) + ")"
    if grid.form == "cases":
        return f"{grid.left or '{'}{_cells(grid)}{grid.right or '}'}"
    if grid.form == "matrix" and not grid.left:
        return f"[{_cells(grid)}]"
    return grid.left + _cells(grid) + grid.right


def _cells(grid: Grid) -> str:
    """`1, 0; 0, 1` for a matrix; the cells of equations are one text."""
    rows = [[one_line(cell).strip() for cell in row] for row in grid.rows]
    between = " " if grid.form in ("lines", "list") else ", "
    return (", " if grid.form == "list" else "; ").join(between.join(filter(None, row)) for row in rows)
