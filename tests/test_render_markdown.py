"""Answers as they are read in a terminal."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.panel import Panel

from attnquiz.ui.markdown import Markdown

DATA = Path(__file__).parent / "data/render"
SAMPLE = (DATA / "sample.md").read_text(encoding="utf-8")


def shown(source: str, width: int = 60, color: bool = False, one_line: bool = False) -> str:
    """What a pipe gets, or a terminal with colours."""
    system = "standard" if color else None
    console = Console(file=io.StringIO(), width=width, force_terminal=color, color_system=system)
    console.print(Markdown(source, one_line=one_line))
    return console.file.getvalue()  # type: ignore[attr-defined]


def lines(source: str, width: int = 60) -> list[str]:
    return [line.plain for line in Markdown(source).lines(width)]


@pytest.mark.parametrize("width", [80, 40])
def test_the_bilingual_sample_looks_as_it_is_stored(width: int) -> None:
    assert shown(SAMPLE, width) == (DATA / f"sample-{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", range(30, 121))
def test_no_line_of_the_sample_is_too_wide_or_ends_in_spaces(width: int) -> None:
    for line in shown(SAMPLE, width).split("\n"):
        assert cell_len(line) <= width
        assert line == line.rstrip()


def test_bold_works_beside_chinese() -> None:
    assert lines("**缩放（scaled）**的**重点**和*次要*点") == ["缩放（scaled）的重点和次要点"]
    assert lines("2 * 3 * 4 and a ** b") == ["2 * 3 * 4 and a ** b"]


def test_lines_of_chinese_join_without_a_space() -> None:
    assert lines("注意力\n机制，\nsoftmax\n再加 token\n的 `code`\n。") == ["注意力机制，softmax 再加 token 的 code。"]
    assert lines("two\nlines") == ["two lines"]


def test_spaces_between_chinese_and_latin_stay_as_they_are() -> None:
    assert lines("用 softmax 或softmax，$n$是 $d$ 的") == ["用 softmax 或softmax，n是 d 的"]


def test_a_heading_is_told_apart_without_colour() -> None:
    assert lines("# One\ntext\n\n### 三 $x^2$") == ["# One", "text", "", "### 三 x²"]


def test_money_is_no_mathematics() -> None:
    assert lines(r"costs $5 and $6 each, \$7") == ["costs $5 and $6 each, $7"]


def test_math_over_several_lines_is_laid_out() -> None:
    assert lines("so\n\n$$\n\\frac{a}\n{b}\n$$\n\nand") == ["so", "", "    a", "    ─", "    b", "", "and"]
    assert lines("so $$x^2$$ inline") == ["so x² inline"]


def test_one_line_keeps_every_formula_on_one_line() -> None:
    assert shown("$$\\frac{a}{b}$$", one_line=True) == "    a/b\n"


def test_math_that_cannot_be_read_is_shown_as_written() -> None:
    assert lines("a $\\frac{1}{$ b\n\n$$\\foo{x}$$") == ["a \\frac{1}{ b", "", "    \\foo{x}"]


def test_chinese_cells_wrap_and_nothing_is_cut_off() -> None:
    text = "需要物化整个注意力矩阵，显存开销为平方级，长序列时不可行"
    table = f"| 方法 | 说明 |\n|--|--|\n| 标准 | {text} |\n| 线性 | 快 |"
    rows = lines(table, 30)
    assert text in "".join(rows).replace(" ", "")
    assert rows[0] == "方法  说明"
    assert rows[-1] == "线性  快"


def test_a_table_too_narrow_for_its_columns_becomes_a_list() -> None:
    head = "| " + " | ".join(f"column {at}" for at in range(6)) + " |\n" + "|--" * 6 + "|\n"
    assert lines(head + "| a | b | c | d | e | 很长的一段文字放不下 |", 30)[-2:] == [
        "column 4: e",
        "column 5: 很长的一段文字放不下",
    ]


def test_numbers_and_bullets_hang() -> None:
    source = "9. nine\n10. ten is longer than a line\n    - nested"
    assert lines(source, 20) == ["  9. nine", " 10. ten is longer", "     than a line", "      • nested"]


def test_links_show_where_they_lead() -> None:
    assert lines("[paper](https://x.org/a) <https://b.c> [local](file.md)") == [
        "paper (https://x.org/a) https://b.c local"
    ]


def test_code_keeps_its_lines_and_long_ones_go_on_below() -> None:
    assert lines("```python\nif x:\n    print('a', 'b', 'c')\n\ny\n```", 24) == [
        "  if x:",
        "      print('a', 'b',",
        "      ↪ 'c')",
        "",
        "  y",
    ]


def test_html_images_and_escape_codes_are_only_text() -> None:
    assert lines("<script>x</script>\n\n<div>\ny\n</div>") == ["<script>x</script>", "", "<div> y </div>"]
    assert lines("![alt](http://x/y.png)") == ["alt (http://x/y.png)"]
    assert lines("a \x1b[31mred\x1b[0m \x07") == ["a ␛[31mred␛[0m ␇"]
    assert lines("&#27;[31m &#x202e;") == ["�[31m �"]


@pytest.mark.parametrize("part", ["> ", "- ", "1. ", "[", "![", "*", "**a ", "`", "$", "$$\n", "| a ", "\\(", "#"])
def test_huge_nesting_does_no_harm(part: str) -> None:
    rows = lines(part * 2000 + "x\nx", 40)
    assert "x" in "".join(rows)
    assert max(map(cell_len, rows)) <= 40


def test_only_the_sixteen_colours_of_the_terminal_are_used_and_never_black_or_white() -> None:
    shades = shown(SAMPLE, color=True)
    codes = {code for part in shades.split("\x1b[")[1:] for code in part.partition("m")[0].split(";")}
    assert codes <= {"0", "1", "2", "3", "4", "9", "31", "32", "35", "36"}


def test_an_answer_fits_into_a_panel() -> None:
    console = Console(file=io.StringIO(), width=40)
    console.print(Panel(Markdown(SAMPLE)))
    assert all(cell_len(line) <= 40 for line in console.file.getvalue().split("\n"))  # type: ignore[attr-defined]


MARKS = "** * _ ` $ $$ \\ [a]( ) ![ ] <b> &lt; &#27; 注意力 （ ） ， \\frac{a}{b} ~~ | http://a.b/c 🙂 👨‍👩‍👧 ❤️ é"
LINES = ["# ", "- ", "1. ", "> ", "```", "```py\n", "|--|--|\n", "---\n", "    ", "word ", "a" * 70, "\n", "\n\n"]
CODES = ["\t", "\x1b[2J", "\x9b1m", "\r", "\x00", "\u202e", "\u200d", "\ud800"]
PARTS = st.sampled_from([*MARKS.split(), *LINES, *CODES])


@given(st.lists(PARTS, max_size=30).map("".join), st.integers(30, 120))
@settings(max_examples=300, deadline=None)
def test_no_input_breaks_an_answer(source: str, width: int) -> None:
    for line in shown(source, width).removesuffix("\n").split("\n"):
        assert cell_len(line) <= width
        assert line == line.rstrip()
        assert line.isprintable()
