"""The Markdown parser: CommonMark with tables, struck text and dollar math, without HTML, at home in Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from markdown_it.utils import EnvType
from mdit_py_plugins.dollarmath import dollarmath_plugin

from attnquiz.ui.cjk import is_cjk

_DEEPEST = 40


class _State(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 (the parser's names)
        """Let stars open and close beside Chinese. CommonMark, looking for spaces, leaves `**注（意）**的` as it is."""
        found = super().scanDelims(start, canSplitWord)
        if self.src[start] != "*":
            return found
        end = start + found.length
        before = self.src[start - 1] if start else " "
        after = self.src[end] if end < self.posMax else " "
        if not (is_cjk(before) or is_cjk(after)):
            return found
        return Scanned(found.can_open or not after.isspace(), found.can_close or not before.isspace(), found.length)


class _Inline(ParserInline):
    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST})
    parser.inline = _Inline()
    parser.enable(["table", "strikethrough"])
    # `2$n$` and `复杂度是$O(n)$，` are formulas; `costs $5 and $6 each` has none.
    dollarmath_plugin(parser, allow_labels=False, allow_space=False, allow_digits=True, double_inline=True)
    return parser


def parse(source: str) -> Sequence[SyntaxTreeNode] | None:
    """The blocks of a page. None where they are nested so deeply that the parser left some out."""
    tokens = _parser().parse(source)
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        return None
    return SyntaxTreeNode(tokens).children
