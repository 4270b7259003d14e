"""A line of a question: Markdown's `**bold**`, `*emphasis*`, `` `code` `` and `$math$`, without a Markdown parser.

The first question must be on the screen at once, and the parser of the answers takes longer to load than all the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attnquiz.ui.cjk import GLUE, CJKText, join_lines
from attnquiz.ui.printable import printable

CODE, STRONG, EMPHASIS, MATH = "cyan", "bold", "italic", ""

_MARKUP = re.compile(
    r"\\([\\`*_$])"
    r"|(`+)(.{1,1000}?)(?<!`)\2(?!`)"
    r"|\$(?=\S)((?:\\.|[^\\$])*)(?<=\S)\$"
    r"|\*\*(?=\S)(.{1,1000}?)(?<=\S)\*\*(?!\*)"
    r"|\*(?=[^\s*])(.{1,1000}?)(?<=[^\s*])\*(?!\*)"
)
_GLUED = 24  # cells; a formula up to this is kept on one line
_BREAKS_AFTER = frozenset("=≠<>≤≥≈∼≡∝∈→⇒⟹⟺+−·×⊙⊕,;")


def inline_text(source: str) -> CJKText:
    """Rich text that wraps as Chinese does. What is not markup stands as it is written."""
    text = CJKText()
    for piece, style in pieces(join_lines(printable(source))):
        text.append(piece, style or None)
    return text


def pieces(source: str, style: str = "") -> Iterator[tuple[str, str]]:
    """Runs of text with their styles."""
    at = 0
    for match in _MARKUP.finditer(source):
        yield source[at : match.start()], style
        escaped, _, code, math, strong, emphasised = match.groups()
        mark = EMPHASIS if strong is None else STRONG
        if escaped is not None:
            yield escaped, style
        elif code is not None:
            yield unpadded(code), f"{style} {CODE}".strip()
        elif math is not None:
            yield formula(math), f"{style} {MATH}".strip()
        elif mark in style:
            yield match[0], style
        else:
            yield from pieces(strong or emphasised, f"{style} {mark}".strip())
        at = match.end()
    yield source[at:], style


def unpadded(code: str) -> str:
    """Code in backticks loses the one space on either side that lets it begin or end with a backtick."""
    return code[1:-1] if code[0] == code[-1] == " " and code.strip() else code


def formula(tex: str) -> str:
    """A formula on one line, broken at the end of a line of text only where a formula may be."""
    from attnquiz.ui.math import inline  # most questions have no formula

    text = inline(tex)
    if len(text) <= _GLUED:
        return text.replace(" ", GLUE)
    depth = 0
    glued = ""
    for before, character in zip(" " + text, text, strict=False):
        depth += (character in "([{⟨") - (character in ")]}⟩")
        stays = character == " " and (depth > 0 or before not in _BREAKS_AFTER)
        glued += GLUE if stays else character
    return glued
