"""A percent script as cells: markdown, code, claims and pictures, each with its place in the file."""

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from attnquiz.run.claims import Claim, read_claim
from attnquiz.run.faults import Fault

Kind = Literal["markdown", "code", "claim", "picture"]

MARKER = re.compile(r"# ?%%(?:\s+(?P<rest>.*))?\s*$")
MARKDOWN = re.compile(r"\[(?:markdown|md)\]")
HEADING = re.compile(r"(?P<level>#+) +(?P<text>.*\S)")
CLAIM = re.compile(r"## Claim (?P<number>\d+): +(?P<says>.*\S)")
UNPARSABLE = (
    SyntaxError,
    ValueError,
    RecursionError,
    MemoryError,
)  # ValueError: a NUL; the last two: nested too deeply
PICTURE = re.compile(r"## Picture: +(?P<title>.*\S)")


@dataclass(frozen=True, slots=True)
class Cell:
    """`line` is where `source` begins in the file. Markdown stands without its `# `.

    `heading` is the first heading of a markdown cell, and what the heading above says for a claim or a picture.
    """

    kind: Kind
    source: str
    line: int
    heading: str | None = None
    claim: Claim | None = None


def read_cells(source: str, faults: list[Fault]) -> Iterator[Cell]:
    above: Cell | None = None  # the markdown cell just read, whose heading says what the next code cell is
    for markdown, line, text in _split(source):
        if markdown:
            above = _markdown_cell(text, line, faults)
            yield above
        else:
            yield _code_cell(text, line, above, faults)
            above = None


def _split(source: str) -> Iterator[tuple[bool, int, str]]:
    """Whether it is markdown, the first line, and the text of each cell that is not empty."""
    lines = source.split("\n")
    marks = [(number, found["rest"] or "") for number, line in enumerate(lines) if (found := MARKER.match(line))]
    ends = [*(number for number, _ in marks), len(lines)]
    for (start, rest), end in zip([(-1, ""), *marks], ends, strict=True):
        text = "\n".join(lines[start + 1 : end]).rstrip()
        markdown = bool(MARKDOWN.search(rest))
        if text.strip() or markdown:
            yield markdown, start + 2, text


def _markdown_cell(text: str, line: int, faults: list[Fault]) -> Cell:
    plain = []
    for number, written in enumerate(text.split("\n"), line):
        if written.strip() and not written.startswith("#"):
            en = "code in a markdown cell; begin the line with '# ', or a code cell with '# %%'"
            zh = "markdown 单元里有代码；请以「# 」开头，或用「# %%」另起代码单元"
            faults.append(Fault(number, 1, "markdown", en, zh))
        plain.append(written.removeprefix("#").removeprefix(" "))
    source = "\n".join(plain).rstrip("\n")
    heading = next((found["text"] for row in plain if (found := HEADING.fullmatch(row.strip()))), None)
    return Cell("markdown", source, line, heading)


def _code_cell(text: str, line: int, above: Cell | None, faults: list[Fault]) -> Cell:
    try:
        tree = ast.parse(text)
    except UNPARSABLE as error:
        faults.append(_syntax_fault(error, line))
        return Cell("code", text, line)
    said = above.source.split("\n") if above else []
    if claims := [found for row in said if (found := CLAIM.fullmatch(row.strip()))]:
        return _claim_cell(tree, text, line, claims[0], faults)
    if pictures := [found for row in said if (found := PICTURE.fullmatch(row.strip()))]:
        return Cell("picture", text, line, pictures[0]["title"])
    return Cell("code", text, line)


def _claim_cell(tree: ast.Module, text: str, line: int, heading: re.Match[str], faults: list[Fault]) -> Cell:
    found = read_claim(tree, text, line, int(heading["number"]), heading["says"])
    if isinstance(found, Fault):
        faults.append(found)
        return Cell("code", text, line, heading["says"])
    return Cell("claim", text, line, heading["says"], found)


def _syntax_fault(error: Exception, first_line: int) -> Fault:
    line, column, what = first_line, 1, str(error) or type(error).__name__
    if isinstance(error, SyntaxError):
        line, column, what = first_line + (error.lineno or 1) - 1, error.offset or 1, error.msg
    return Fault(
        line, column, "syntax", f"not Python: {what}; mend the cell", f"不是合法的 Python：{what}；请修正该单元"
    )


def code_trees(cells: Iterable[Cell]) -> Iterator[tuple[Cell, ast.Module]]:
    """Every cell of code that is Python, with its syntax tree."""
    for cell in cells:
        if cell.kind != "markdown":
            with suppress(*UNPARSABLE):
                yield cell, ast.parse(cell.source)
