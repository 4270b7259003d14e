"""Lines of Chinese and Latin text, the markup of questions, and text made harmless."""

import io
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table

from attnquiz.ui.cjk import NO_END, NO_START, CJKText, join_lines
from attnquiz.ui.inline import inline_text
from attnquiz.ui.printable import printable


def wrapped(text: str, width: int) -> list[str]:
    return [line.plain for line in CJKText(text).lines(width)]


def test_chinese_breaks_anywhere_and_latin_words_do_not() -> None:
    assert wrapped("自注意力的softmax函数", 10) == ["自注意力的", "softmax", "函数"]
    assert wrapped("one two three", 8) == ["one two", "three"]


def test_no_line_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    text = "他说：「注意力（attention）、掩码（mask），都是线性代数！」真的？不是《论文》里的“说法”。"
    for width in range(6, 40):
        lines = wrapped(text, width)
        assert not NO_START.intersection(line[0] for line in lines)
        assert not NO_END.intersection(line[-1] for line in lines)


def test_no_character_stands_alone_on_the_last_line() -> None:
    assert wrapped("为什么要缩放注意力", 16) == ["为什么要缩放注", "意力"]


def test_a_word_wider_than_the_line_is_cut_at_its_hyphens_first() -> None:
    assert wrapped("a recall-heavy task", 8) == ["a", "recall-", "heavy", "task"]
    assert wrapped("x" * 20, 8) == ["x" * 8, "x" * 8, "x" * 4]


def test_marks_stay_on_their_letters() -> None:
    assert wrapped("e\u0301" * 10, 4) == ["e\u0301" * 4, "e\u0301" * 4, "e\u0301" * 2]


@given(
    st.text(st.sampled_from("ab -/注意力，。（）「」\u0301🙂\u200d\ufe0f\u00a0e\n“”'"), max_size=60), st.integers(2, 40)
)
@settings(max_examples=300, deadline=None)
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_wrapping_holds_wherever_rich_shows_the_text() -> None:
    text = inline_text("自注意力（self-attention）是什么？它为什么有用？")
    table = Table.grid()
    table.add_row(text)
    console = Console(file=io.StringIO(), width=18)
    for renderable in (text, Group(text), text.copy(), Padding(text, 0, expand=False), table):
        console.print(renderable)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    once = ["自注意力", "（self-attention）", "是什么？它为什么", "有用？"]
    assert [line.rstrip() for line in shown.split("\n")][: 4 * 5] == once * 5


def test_chinese_lines_join_without_a_space() -> None:
    assert join_lines("自注意力\n机制 \n  softmax\n函数，\nand so\non") == "自注意力机制 softmax 函数，and so on"
    assert join_lines("他说“好”\n不错——\n真的") == "他说“好”不错——真的"


QUESTIONS = [
    (r"为什么要对 $QK^T$ 的结果进行缩放（除以 $\sqrt{d_k}$）？", "为什么要对 QKᵀ 的结果进行缩放（除以 √dₖ）？"),
    ("**bold `x*y` and $m_{new}$** *em*", "bold x*y and m_new em"),
    (r"\$5, not $3 and $6; 2 * 3; a_b_c", "$5, not $3 and $6; 2 * 3; a_b_c"),
    ("``a`b`` and ` `` `", "a`b and ``"),
    ("*a **b** c* ***d*** e", "a b c d e"),
    ("broken $\\frac{1}{$ stays, **so** does ** this", "broken \\frac{1}{ stays, so does ** this"),
]


@pytest.mark.parametrize(("source", "text"), QUESTIONS)
def test_the_markup_of_a_question_is_read(source: str, text: str) -> None:
    assert inline_text(source).plain.replace("\u00a0", " ") == text


def test_endless_stars_are_only_text() -> None:
    assert set(inline_text("**" * 4000).plain) == {"*"}
    assert set(inline_text("**a" * 4000).plain) <= {"*", "a"}


def test_bold_and_code_have_their_styles() -> None:
    text = inline_text("**注意力**的 `mask`")
    assert [(text.plain[span.start : span.end], str(span.style)) for span in text.spans] == [
        ("注意力", "bold"),
        ("mask", "cyan"),
    ]


def test_a_short_formula_is_not_broken_and_a_long_one_only_behind_a_sign() -> None:
    assert [line.plain for line in inline_text("so that $a = b + c$").lines(14)] == ["so that", "a = b + c"]
    long = inline_text(r"$m_{new}=\max(m, x),\; \ell_{new}=e^{m-m_{new}}\ell + e^{x-m_{new}}\ell$").lines(26)
    assert [line.plain for line in long] == ["m_new = max(m, x), ℓ_new =", "e^(m−m_new)ℓ +", "e^(x−m_new)ℓ"]


def test_control_characters_become_visible_or_vanish() -> None:
    assert printable("a\x1b[2Jb\x00\x7f") == "a␛[2Jb␀␡"
    assert printable("\x9b1m\u202etxt\u2066") == "�1m�txt�"
    assert printable("a\r\nb\rc\u2028d\u0085e") == "a\nb\nc\nd\ne"
    assert printable("a\u200b\ufeffb\u00adc\ud800") == "abc�"
    assert printable("👩\u200d🚀❤\ufe0f") == "👩🚀❤"


@given(st.text(max_size=30))
@settings(deadline=None)
def test_no_question_is_refused_and_none_can_steer_the_terminal(source: str) -> None:
    text = inline_text(source).plain
    assert "\x1b" not in text
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"}.intersection(map(category, text))
