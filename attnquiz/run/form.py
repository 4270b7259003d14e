"""The form that all demos have: opening, headings, numbering, length."""

import ast
import re
from collections.abc import Iterator

from attnquiz.run.faults import Fault
from attnquiz.run.percent import CLAIM, PICTURE, Cell, code_trees

LINES, LINES_THAT_TRAIN = 80, 120
TRAINS = re.compile(r"\.backward\(|\boptim\b")
NEAR_CLAIM = re.compile(r"#+\s*claim\b", re.IGNORECASE)
NEAR_PICTURE = re.compile(r"#+\s*picture\b", re.IGNORECASE)


def form_faults(source: str, cells: tuple[Cell, ...]) -> Iterator[Fault]:
    """What does not keep a demo from being run, but from being one of ours."""
    for check in (_opening, _headings, _numbering, _bindings, _imports, _other_seeds):
        yield from check(cells)
    yield from _length(source)


def is_manual_seed(function: ast.expr, of_torch: bool) -> bool:
    """Whether it is `torch.manual_seed`, or the manual_seed of something else."""
    match function:
        case ast.Attribute(value=owner, attr="manual_seed"):
            return (isinstance(owner, ast.Name) and owner.id == "torch") == of_torch
    return False


def _opening(cells: tuple[Cell, ...]) -> Iterator[Fault]:
    first = cells[0] if cells else None
    lines = first.source.split("\n") if first and first.kind == "markdown" else [""]
    if not re.fullmatch(r"# +\S.*", lines[0]):
        en = "the first cell is not '# %% [markdown]' with the question as '# # <title>'"
        yield Fault(1, 1, "title", en, "第一个单元应为「# %% [markdown]」，并以「# # <标题>」写出问题")
    elif first and not any(line.strip() for line in lines[1:]):
        en = "no premise below the title; say in a few lines under what conditions the answer holds"
        yield Fault(first.line, 1, "premise", en, "标题下没有前提；请用几行说明答案成立的条件")


def _headings(cells: tuple[Cell, ...]) -> Iterator[Fault]:
    """Claims and pictures that are meant but not taken for such."""
    for at, cell in enumerate(cells):
        if cell.kind != "markdown":
            continue
        rows = [row.strip() for row in cell.source.split("\n")]
        good = [row for row in rows if CLAIM.fullmatch(row) or PICTURE.fullmatch(row)]
        for row, text in enumerate(rows):
            if text not in good and (NEAR_CLAIM.match(text) or NEAR_PICTURE.match(text)):
                en = "a heading that is nearly right; write '# ## Claim 1: <sentence>' or '# ## Picture: <title>'"
                zh = "标题格式不对；应写「# ## Claim 1: <句子>」或「# ## Picture: <标题>」"
                yield Fault(cell.line + row, 1, "heading", en, zh)
        follower = cells[at + 1].kind if at + 1 < len(cells) else "markdown"
        if len(good) > 1 or (good and follower == "markdown"):
            en = "a claim or picture without its code cell; each heading is followed by one '# %%' cell"
            yield Fault(cell.line, 1, "heading", en, "论断或图缺少代码单元；每个标题后应跟一个「# %%」单元")


def _numbering(cells: tuple[Cell, ...]) -> Iterator[Fault]:
    headings = [
        (int(found["number"]), cell.line + row)
        for cell in cells
        if cell.kind == "markdown"
        for row, text in enumerate(cell.source.split("\n"))
        if (found := CLAIM.fullmatch(text.strip()))
    ]
    if not headings:
        en = "no claim; a demo proves something: add '# ## Claim 1: <sentence>' and its cell"
        yield Fault(1, 1, "claims", en, "没有论断；请加上「# ## Claim 1: <句子>」及其单元")
    for expected, (number, line) in enumerate(headings, 1):
        if number != expected:
            en = f"claim {number} where claim {expected} is due; number the claims 1, 2, 3 in order"
            yield Fault(
                line, 1, "claim-number", en, f"此处应为论断 {expected}，却写成了 {number}；请按 1、2、3 顺序编号"
            )
            return


def _bindings(cells: tuple[Cell, ...]) -> Iterator[Fault]:
    for cell, tree in code_trees(cells):
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        if cell.kind == "picture" and "picture" not in names:
            en = "the picture's cell does not bind picture; end it in picture = {...}"
            yield Fault(cell.line, 1, "picture", en, "图的单元没有给 picture 赋值；请以 picture = {...} 结尾")
        if cell.kind == "code" and cell.heading is None and "measured" in names:
            en = "measured is bound in a cell that is no claim; give the cell its heading '# ## Claim N: <sentence>'"
            yield Fault(
                cell.line, 1, "claim-heading", en, "非论断单元里给 measured 赋了值；请为其加上「# ## Claim N: <句子>」"
            )


def _imports(cells: tuple[Cell, ...]) -> Iterator[Fault]:
    for cell, tree in code_trees(cells):
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.partition(".")[0] == "attnquiz" for name in names):
                en = "imports attnquiz; a demo is plain Python and torch"
                line = cell.line + getattr(node, "lineno", 1) - 1
                yield Fault(line, 1, "import", en, "导入了 attnquiz；演示只用标准 Python 和 torch")


def _other_seeds(cells: tuple[Cell, ...]) -> Iterator[Fault]:
    """Seeds that a run under another seed would leave as they are."""
    for cell, tree in code_trees(cells):
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=function, args=[ast.Constant()]) if is_manual_seed(function, of_torch=False):
                    en = "a seed of its own; pass torch.initial_seed(), so that it follows torch.manual_seed"
                    zh = "另有固定种子；请传入 torch.initial_seed()，使其随 torch.manual_seed 变化"
                    yield Fault(cell.line + node.lineno - 1, node.col_offset + 1, "seed", en, zh)


def _length(source: str) -> Iterator[Fault]:
    lines = source.rstrip("\n").count("\n") + 1
    most = LINES_THAT_TRAIN if TRAINS.search(source) else LINES
    if lines > most:
        en = f"{lines} lines where {most} are allowed; shorten the demo"
        yield Fault(most + 1, 1, "length", en, f"共 {lines} 行，最多 {most} 行；请缩短演示")
