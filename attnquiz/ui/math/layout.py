"""A formula in two dimensions: fractions with a bar, limits above and below, brackets as high as what is in them."""

from __future__ import annotations

from functools import lru_cache

from attnquiz.ui.math.block import NOTHING, VOID, Block, above, beside, fenced, line
from attnquiz.ui.math.oneline import accented, lowered, one_line, raised, single, superscript
from attnquiz.ui.math.parse import parse
from attnquiz.ui.math.spacing import gaps, kind, kinds
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

_INDENT = 2  # of the lines that continue a formula
_BREAKS = ("", "rel", "rel bin")  # where else than behind a comma a long formula is broken, the best places first
_WIDE_MARKS = {"hat": "^", "tilde": "~", "vec": "→", "bar": "_", "overline": "_", "check": "ˇ", "dot": "˙", "ddot": "¨"}


@lru_cache(512)
def _tree(tex: str) -> Node | None:
    try:
        return parse(tex)
    except BadMath:
        return None


def lay_out(tex: str, width: int, flat: bool) -> list[str] | None:
    """The rows of a formula, broken before relations or operators where it is too wide. None if that does not do."""
    tree = _tree(tex)
    if tree is None:
        return None
    block = line(one_line(tree).strip()) if flat else block_of(tree)
    if block.width > width and not flat:
        block = _broken(tree, width)
    if block.width > width:
        return None
    return [row.rstrip() for row in block.rows]


def _broken(tree: Node, width: int) -> Block:
    """A long formula on several lines, each part as late as it fits; perhaps still too wide."""
    items = tree.items if isinstance(tree, Row) else (tree,)
    for places in _BREAKS:
        blocks = [block_of(Row(part)) for part in _parts(items, places)]
        if all(block.width + _INDENT <= width for block in blocks):
            break
    lines: list[Block] = []
    for block in blocks:
        joined = beside([lines[-1], line(" "), block]) if lines else block
        if lines and joined.width <= width:
            lines[-1] = joined
        else:
            lines.append(beside([line(" " * _INDENT), block]) if lines else block)
    return above(lines, 0, "l")


def _parts(items: tuple[Node, ...], places: str) -> list[tuple[Node, ...]]:
    """The items cut behind punctuation, and before what else the places name."""
    parts: list[list[Node]] = [[]]
    before = ""
    for this, item in zip(kinds(items), items, strict=True):
        if parts[-1] and (before == "punct" or this in places.split()):
            parts.append([])
        if parts[-1] or this != "space":
            parts[-1].append(item)
        before = this if this != "space" else before
    return [tuple(part) for part in parts]


def block_of(node: Node, tight: bool = False) -> Block:
    match node:
        case Atom(text=text):
            return line(text)
        case Space(cells=cells):
            return line(" " * cells)
        case Row(items=items):
            return _row(items, tight)
        case Fraction(top=top, bottom=bottom):
            return _fraction(top, bottom)
        case Root():
            return _root(node)
        case Script():
            return _script(node)
        case Fence(left=left, body=body, right=right):
            return fenced(left, block_of(body, tight), right)
        case Accent():
            return _accent(node)
        case Brace():
            return _brace(node)
        case Stack():
            return _stack(node)
        case Grid():
            return _grid(node)
        case Frame(body=body):
            return _frame(block_of(body))


def _row(items: tuple[Node, ...], tight: bool) -> Block:
    blocks: list[Block] = []
    line_so_far = ""
    previous: Node | None = None
    for gap, item in gaps(items, tight):
        block = block_of(item, tight)
        if gap or _would_touch(previous, item, line_so_far, block):
            blocks.append(line(" "))
        blocks.append(block)
        line_so_far, previous = block.rows[block.base], item
    return beside(blocks)


def _would_touch(previous: Node | None, item: Node, before: str, block: Block) -> bool:
    """Whether two neighbours would run into each other: two bars, a bar and a letter, `W_Q` and `K`."""
    if previous is None or isinstance(previous, Space) or isinstance(item, Space):
        return False
    if isinstance(previous, Fraction) or isinstance(item, Fraction):
        return kind(item) not in ("punct", "slash", "close") and kind(previous) not in ("slash", "open", "sign")
    after = block.rows[block.base]
    if isinstance(previous, Script) and after[:1].isalnum():
        return "_" in before or "^" in before or before.endswith("*")
    return isinstance(previous, Root) and after[:1].isalnum()


def _fraction(top: Node, bottom: Node) -> Block:
    upper, lower = block_of(top), block_of(bottom)
    nested = isinstance(single(top), Fraction) or isinstance(single(bottom), Fraction)
    width = max(upper.width, lower.width, 1) + (2 if nested else 0)
    return above([upper, line("─" * width), lower], 1)


def _root(root: Root) -> Block:
    body = block_of(root.body)
    degree = "" if root.degree is None else one_line(root.degree, tight=True)
    if body.height == 1 and isinstance(single(root.body), (Atom, Script)) and degree in ("", "2", "3", "4"):
        text = one_line(root)
        if "(" not in text:
            return line(text)
    tail = [" │"] * (body.height - 1) + ["√│"]
    rows = [" ┌" + "─" * body.width, *(stroke + row for stroke, row in zip(tail, body.rows, strict=True))]
    sign = Block(tuple(rows), body.base + 1, body.width + 2)
    return beside([line(superscript(degree) or f"[{degree}]"), sign]) if degree else sign


def _script(script: Script) -> Block:
    base = single(script.base) or script.base
    integral = isinstance(base, Atom) and base.text in "∫∬∭∮"
    if isinstance(base, Atom) and base.kind in ("big", "limits") and not integral:
        return _limits(base, script)
    block = block_of(base)
    if isinstance(base, (Fraction, Root, Script, Brace)) or (isinstance(base, Row) and base.items):
        block = fenced("(", block, ")")
    low = VOID if script.sub is None else _low(script.sub)
    high = VOID if script.sup is None else _high(script.sup)
    if block.height == 1 and low.height == 1:
        block, low = beside([block, low]), VOID
    if block.height == 1 and script.sup is not None and not _is_exponent(script.sup):
        block, high = beside([block, high]), VOID
    return _cornered(block, low, high)


def _low(node: Node) -> Block:
    """A subscript: `_(i,j)` rather than a row of its own, where one row holds it."""
    block = block_of(node, tight=True)
    return line(lowered(node)) if block.height == 1 else block


def _high(node: Node) -> Block:
    return block_of(node, tight=True) if _is_exponent(node) else line(raised(node))


def _is_exponent(node: Node) -> bool:
    """Whether a superscript is more than small letters or one word: it is raised to a row of its own."""
    return raised(node).startswith("^(")


def _cornered(block: Block, low: Block, high: Block) -> Block:
    """Scripts at the right corners: above and below a base of one row, in the first and last row of a taller one."""
    tall = block.height > 1
    high_end = 1 if tall else 0
    low_start = block.height - 1 if tall else 1
    top = min(0, high_end - high.height)
    bottom = max(block.height, low_start + low.height)
    width = max(low.width, high.width)
    column = [" " * width] * (bottom - top)
    column[high_end - high.height - top : high_end - top] = _widened(high, width)
    column[low_start - top : low_start + low.height - top] = _widened(low, width)
    return beside([block, Block(tuple(column), block.base - top, width)])


def _widened(block: Block, width: int) -> list[str]:
    return [row + " " * (width - block.width) for row in block.rows]


def _limits(base: Atom, script: Script) -> Block:
    blocks = [] if script.sup is None else [block_of(script.sup, tight=True)]
    at = len(blocks)
    blocks.append(line(base.text))
    if script.sub is not None:
        blocks.append(block_of(script.sub, tight=True))
    return above(blocks, at)


def _accent(accent: Accent) -> Block:
    text = accented(accent.body, accent.name)
    if "(" not in text:
        return line(text)
    body = block_of(accent.body)
    if accent.name == "underline":
        return above([body, line("‾" * body.width)], 0)
    mark = _WIDE_MARKS.get(accent.name)
    if mark is None:
        return line(text)
    return above([line(mark * body.width if mark == "_" else mark), body], 1)


def _brace(brace: Brace) -> Block:
    body = block_of(brace.body)
    width = max(body.width, 3)
    left = (width - 3) // 2
    right = width - 3 - left
    label = [] if brace.label is None else [block_of(brace.label)]
    if brace.over:
        return above([*label, line("╭" + "─" * left + "┴" + "─" * right + "╮"), body], len(label) + 1)
    return above([body, line("╰" + "─" * left + "┬" + "─" * right + "╯"), *label], 0)


def _stack(stack: Stack) -> Block:
    if kind(stack.base) != "arrow" and one_line(stack.base) == "=" and len(one_line(stack)) == 1:
        return line(one_line(stack))  # ≝ and its like
    over = [] if stack.over is None else [block_of(stack.over, tight=True)]
    under = [] if stack.under is None else [block_of(stack.under, tight=True)]
    base = block_of(stack.base)
    if kind(stack.base) == "arrow":
        shaft = "─" * max([label.width for label in over + under] + [1])
        base = line(f"{shaft}→" if base.rows == ("→",) else f"←{shaft}")
    return above([*over, base, *under], len(over))


def _grid(grid: Grid) -> Block:
    cells = [[block_of(cell) for cell in row] for row in grid.rows]
    columns = max(len(row) for row in cells)
    for row in cells:
        row += [NOTHING] * (columns - len(row))
    widths = [max(row[at].width for row in cells) for at in range(columns)]
    tall = grid.form != "list" and any(block.height > 1 for row in cells for block in row)
    rows: list[Block] = []
    for row in cells:
        if rows and tall:
            rows.append(line(" "))
        rows.append(beside(_spread(row, widths, grid)))
    body = above(rows, 0, "l")
    body = body._replace(base=(body.height - 1) // 2)
    return fenced(grid.left, body, grid.right)


def _spread(row: list[Block], widths: list[int], grid: Grid) -> list[Block]:
    """The cells of one row, each as wide as its column, with the room between them."""
    blocks: list[Block] = []
    for at, (block, width) in enumerate(zip(row, widths, strict=True)):
        align = grid.align[at % len(grid.align)] if grid.form == "lines" else grid.align[min(at, len(grid.align) - 1)]
        if at:
            blocks.append(line(" " if grid.form == "lines" and align == "l" else "  "))
        room = width - block.width
        left = {"l": 0, "c": room // 2, "r": room}[align]
        blocks += [line(" " * left), block, line(" " * (room - left))]
    return blocks or [NOTHING]


def _frame(body: Block) -> Block:
    bar = "─" * (body.width + 2)
    rows = [f"┌{bar}┐", *(f"│ {row} │" for row in body.rows), f"└{bar}┘"]
    return Block(tuple(rows), body.base + 1, body.width + 4)
