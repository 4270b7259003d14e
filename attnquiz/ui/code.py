"""Code in the sixteen colours of the terminal, which its owner chose to be readable on its background."""

from __future__ import annotations

from functools import cache
from typing import Any

from rich.text import Text

from attnquiz.ui.cjk import CJKText, line_ends
from attnquiz.ui.printable import printable

_STYLES = {  # by the beginning of Pygments' name of a token; the longest one counts
    "Comment": "dim",
    "Keyword": "magenta",
    "Literal.Number": "cyan",
    "Literal.String": "green",
    "Literal.String.Doc": "dim green",
    "Name.Class": "bold",
    "Name.Decorator": "magenta",
    "Name.Function": "bold",
    "Operator.Word": "magenta",
}
_LONGEST = 200_000  # characters; longer code is shown without colours
_CONTINUED = "↪ "


class CodeText(CJKText):
    """Code that keeps its lines; one too long for the screen goes on under its indentation."""

    def lines(self, width: int) -> list[Text]:
        return [part for line in self.split(allow_blank=True) for part in _folded(line, width)]


def _folded(line: Text, width: int) -> list[Text]:
    line.rstrip()
    if line.cell_len <= width:
        return [line]
    spaces = len(line.plain) - len(line.plain.lstrip(" "))
    indent, body = min(spaces, width // 2), line[spaces:]
    parts = body.divide(line_ends(body.plain, width - indent - len(_CONTINUED)))
    folded = []
    for at, part in enumerate(parts):
        mark = _CONTINUED if at else ""
        joined = Text.assemble(" " * indent, (mark, "dim"), part)
        joined.rstrip()
        folded.append(joined)
    return folded


def code_lines(source: str, language: str = "python") -> CodeText:
    """Highlighted code as a renderable text; `.lines(width)` gives its lines. An unknown language stays plain."""
    source = printable(source.expandtabs(4))
    text = CodeText()
    lexer = _lexer(language) if len(source) <= _LONGEST else None
    if lexer is None:
        text.append(source)
        return text
    for kind, piece in lexer.get_tokens(source):
        text.append(piece, _style(str(kind)) or None)
    if text.plain.endswith("\n"):
        text.right_crop(1)
    return text


@cache
def _style(kind: str) -> str:
    """The style for a token type, whose name reads like `Token.Literal.String.Doc`."""
    name = kind.removeprefix("Token.")
    while name and name not in _STYLES:
        name = name.rpartition(".")[0]
    return _STYLES.get(name, "")


@cache
def _lexer(language: str) -> Any | None:
    """Pygments' lexer, imported here since the start of the program has no use for it."""
    if language in ("python", "py", "python3"):
        from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped, unused-ignore]

        return PythonLexer(stripnl=False)
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped, unused-ignore]
    from pygments.util import ClassNotFound  # type: ignore[import-untyped, unused-ignore]

    try:
        return get_lexer_by_name(language, stripnl=False) if language else None
    except ClassNotFound:
        return None
