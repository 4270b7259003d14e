"""Formulas on one line and in two dimensions, compared with stored ones and with their meaning."""

import math
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from attnquiz.ui.math import check_math, display, inline

STORED = (Path(__file__).parent / "data/render/formulas.txt").read_text(encoding="utf-8")
FORMULAS = [block.split("\n") for block in STORED.strip().split("\n\n")]
TEX = [lines[0] for lines in FORMULAS]


@pytest.mark.parametrize("lines", FORMULAS, ids=TEX)
def test_a_formula_looks_as_it_is_stored(lines: list[str]) -> None:
    tex, flat, *rows = lines
    assert inline(tex) == flat[2:]
    assert display(tex, 100) == ([row[2:] for row in rows] or [flat[2:]])
    assert check_math(tex) is None


@pytest.mark.parametrize("width", [12, 20, 30, 50])
def test_a_formula_is_never_wider_than_asked(width: int) -> None:
    laid_out = [display(tex, width) for tex in TEX]
    assert max(cell_len(row) for rows in laid_out if rows is not None for row in rows) <= width


def test_one_line_is_one_row() -> None:
    assert [display(tex, 100, one_line=True) for tex in TEX] == [[inline(tex)] for tex in TEX]


def test_a_long_formula_is_broken_before_a_relation() -> None:
    tex = r"\text{MultiHead}(Q,K,V)=\mathrm{Concat}(h_1,\dots,h_H)W^O"
    assert display(tex, 30) == ["MultiHead(Q, K, V)", "  = Concat(h₁, …, h_H)Wᴼ"]


def test_equations_are_aligned_at_their_signs() -> None:
    tex = r"\begin{aligned}S&=QK^\top/\sqrt{d_k}\\softmax(S)&=P\end{aligned}"
    assert display(tex, 60) == ["         S = QKᵀ/√dₖ", "softmax(S) = P"]
    assert display(r"a&=b\\ccc&=d", 60) == ["  a = b", "ccc = d"]


def test_plain_brackets_grow_with_a_fraction_in_them() -> None:
    assert display(r"f(\frac{a}{b})", 20) == [" ⎛a⎞", "f⎜─⎟", " ⎝b⎠"]
    assert display(r"\left\langle\frac ab\right\rangle", 20) == ["╱a╲", "⟨─⟩", "╲b╱"]
    assert display(r"\left\{\begin{matrix}a\\b\\c\end{matrix}\right\}", 20) == ["⎧a⎫", "⎨b⎬", "⎩c⎭"]


UNFINISHED = [
    r"\frac{1}{", r"\frac{1}", r"\frac", r"x^", r"x_{", r"{a", r"a}", r"\left(a", r"a\right)", r"\begin{cases}1&2",
    r"\begin{nothing}a\end{nothing}", r"\unknown{x}", "x^a^b", "a & b }", "\\", "$x", r"\sqrt[3]", r"\text{\alpha}",
    r"\begin{matrix}a\end{cases}", "{" * 5000, "(" * 3000, r"\frac{" * 3000, "x" * 5000, r"\sqrt" * 900,
]  # fmt: skip


@pytest.mark.parametrize("tex", UNFINISHED, ids=lambda tex: tex[:30])
def test_what_cannot_be_read_stands_as_it_is_written(tex: str) -> None:
    assert inline(tex) == tex
    assert display(tex, 80) is None
    assert check_math(tex)


def test_control_characters_in_a_formula_are_shown_not_sent() -> None:
    assert inline("x\x1b[31m") == "x␛[31m"
    assert inline("\\frac{\x1b]0;title\x07") == "\\frac{␛]0;title␇"


COMMANDS = (
    r"\frac \sqrt \left( \right) \left. \right| \begin{cases} \end{cases} \begin{aligned} \end{aligned} \text \mathrm "
    r"\sum \int \hat \overline \underbrace \overset \xrightarrow \not \big( \substack \operatorname* \mathbb \tag "
    r"\phantom \binom \boxed \pmod \limits \\ & { } { } ^ _ ' ( ) [ ] | a b 12 x 中 ﬁ , ; + - = < / ~ $ % # \, \alpha "
    r"\top \cdot \infty \le \unknown \ \{ \}"
)
CODES = [" ", "\x1b[1m", "\x9b", "\u202e", "\ud800", "\r", "\n", "🙂"]
PIECES = st.sampled_from([*COMMANDS.split(), *CODES])


@given(st.lists(PIECES, max_size=25).map("".join), st.integers(1, 60))
@settings(max_examples=600, deadline=None)
def test_no_input_breaks_a_formula(tex: str, width: int) -> None:
    flat = inline(tex)
    assert flat.isprintable()
    rows = display(tex, width)
    if rows is not None:
        assert max(map(cell_len, rows)) <= width
        assert all(row.isprintable() and row == row.rstrip() for row in rows)


# A line of text must mean what the formula means. Expressions are built together with their value, and the line is read
# back by the strict rule: factors side by side bind no tighter than a slash, a root reaches no further than the next.
LETTERS = {"a": 2.0, "b": 3.0, "c": 5.0, "x": 7.0, "n": 11.0}
Expression = tuple[str, float]


def bracketed(tex: str) -> str:
    return rf"\left({tex}\right)" if "+" in tex else tex


def product(left: Expression, right: Expression) -> Expression:
    sign = r"\cdot " if right[0].lstrip("{")[0].isdigit() else ""
    return bracketed(left[0]) + sign + bracketed(right[0]), left[1] * right[1]


def build(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    return st.one_of(
        st.builds(lambda a, b: (rf"\frac{{{a[0]}}}{{{b[0]}}}", a[1] / b[1]), inner, inner),
        st.builds(product, inner, inner),
        st.builds(lambda a, b: (f"{a[0]}+{b[0]}", a[1] + b[1]), inner, inner),
        st.builds(lambda a, b: (rf"{bracketed(a[0])}\cdot {bracketed(b[0])}", a[1] * b[1]), inner, inner),
        st.builds(lambda a: (rf"\sqrt{{{a[0]}}}", math.sqrt(a[1])), inner),
        st.builds(lambda a: (rf"{{{a[0]}}}^2", a[1] ** 2), inner),
        st.builds(lambda a: (rf"\exp\left({a[0]}\right)", math.exp(min(a[1], 5))), inner),
        st.builds(lambda a, b: (rf"\exp\frac{{{a[0]}}}{{{b[0]}}}", math.exp(min(a[1] / b[1], 5))), inner, inner),
    )


class Reader:
    """Reads a line of text aloud, from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = re.findall(r"\d+|exp|[a-z]|[²()√/·+]", text.replace(" ", ""))

    def next_is(self, *tokens: str) -> bool:
        return bool(self.tokens) and self.tokens[0] in tokens

    def sum(self) -> float:
        value = self.product()
        while self.next_is("+"):
            self.tokens.pop(0)
            value += self.product()
        return value

    def product(self) -> float:
        value = self.power()
        while self.tokens and not self.next_is("+", ")"):
            divide = self.next_is("/")
            if self.next_is("/", "·"):
                self.tokens.pop(0)
            factor = self.power()
            value = value / factor if divide else value * factor
        return value

    def power(self) -> float:
        root = self.next_is("√")
        value = self.factor()
        if not self.next_is("²"):
            return value
        assert not root, "√x² may be read in two ways"
        self.tokens.pop(0)
        return value**2

    def factor(self) -> float:
        token = self.tokens.pop(0)
        if token == "√":
            return math.sqrt(self.factor())
        if token == "exp":
            assert self.next_is("(")
            return math.exp(min(self.factor(), 5))
        if token != "(":
            return LETTERS.get(token) or float(token)
        value = self.sum()
        assert self.tokens.pop(0) == ")"
        return value


LEAVES = st.sampled_from([*LETTERS.items(), ("2", 2.0), ("10", 10.0)])


@given(st.recursive(LEAVES, build, max_leaves=6))
@settings(max_examples=400, deadline=None)
def test_one_line_means_what_the_formula_means(expression: Expression) -> None:
    tex, value = expression
    assert Reader(inline(tex)).sum() == pytest.approx(value, rel=1e-6), inline(tex)
