"""Answers are measured as they are spoken: without code, formulas and marks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnquiz.content import prose


@pytest.mark.parametrize(
    ("lang", "text", "words"),
    [
        ("en", "One two, three.", 3),
        ("en", "A well-known rule isn't two; 1.5 is one.", 8),
        ("en", "The cost is $O(n^2)$ in all.", 5),
        ("en", "Call `torch.softmax(x)` once.", 2),
        ("en", "Before\n\n```python\nx = 1\n```\n\nafter", 2),
        ("en", "$$\nx + y\n$$\n\nwhere it ends", 3),
        ("en", "**Bold** and [a link](https://example.org/a-b)", 4),
        ("zh", "注意力是加权求和。", 8),
        ("zh", "用 softmax 得到权重，共 64 个", 9),
        ("zh", "方差是 $d_k$，见 `x`。", 4),
        ("zh", "“是”——不是……", 3),
    ],
)
def test_words_are_counted_as_they_are_said(lang: str, text: str, words: int) -> None:
    assert prose.count_words(text, lang) == words


@pytest.mark.parametrize(
    ("lang", "text", "sentences"),
    [
        ("en", "One sentence.", 1),
        ("en", "No full stop", 1),
        ("en", "Two. Sentences.", 2),
        ("en", "Really? Yes!", 2),
        ("en", "About 0.5, e.g. Half, i.e. much; vs. All of Vaswani et al. 2017.", 1),
        ("en", "It ends in a formula $x = 1.$ Then more.", 1),
        ("en", '"Quoted." Then more.', 2),
        ("en", "**Bold.** Then more.", 2),
        ("zh", "一句话，很短。", 1),
        ("zh", "两句？对！", 2),
        ("zh", "没有句号", 1),
        ("zh", "", 0),
    ],
)
def test_sentences_are_counted(lang: str, text: str, sentences: int) -> None:
    assert prose.count_sentences(text, lang) == sentences


def test_sections_are_split_at_headings_of_the_second_level_outside_code() -> None:
    text = "before\n## One\na\n### inner\n```\n## not this\n```\n##too close\n## Two ##\n"
    sections = prose.split_sections(text)
    assert [(section.title, section.line) for section in sections] == [("", 1), ("One", 2), ("Two", 9)]
    assert sections[1].body == "a\n### inner\n```\n## not this\n```\n##too close"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a `b` c", "a     c"),
        ("a ``b ` c`` d", "a           d"),
        ("a ` b\n\nc ` d", "a ` b\n\nc ` d"),
        ("~~~\n```\n~~~\nx", "   \n   \n   \nx"),
        ("````\n```\n````\nx", "    \n   \n    \nx"),
        ("```\nopen to the end", "   \n               "),
    ],
)
def test_code_is_blanked_in_place(text: str, left: str) -> None:
    assert prose.blank_code(text) == left


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("$a$ and $$b$$ and \\$5", []),
        ("$a and $b$", [(0, "$")]),
        ("a$ and $b$", [(1, "$")]),
        ("$a$ and $b", [(8, "$")]),
        ("$a\n\nb$", [(0, "$"), (5, "$")]),
        ("$$a$", [(0, "$$")]),
        ("$a$$", [(0, "$"), (2, "$$")]),
        ("`$` and ```$```", []),
        ("$x_{1$", [(0, "{")]),
        ("$x}$", [(0, "}")]),
        ("$\\{ x$ and $x \\}$", []),
        ("$\\left( x$", [(0, "\\left")]),
        ("$x \\leftarrow y$", []),
        ("$$\\begin{a}\\end{b}$$", [(0, "\\begin")]),
    ],
)
def test_math_that_does_not_close_or_pair_is_found(text: str, faults: list[tuple[int, str]]) -> None:
    assert [(fault.offset, fault.mark) for fault in prose.find_math_faults(text)] == faults


def test_links_of_every_kind_are_found_but_not_in_code() -> None:
    text = "[a](x.md) ![b](<y.png>) <https://z.org> `[c](no)`\n[d]: w.md\n<img src='v.png'> $[e](no)$"
    assert [target for _, target in prose.find_links(text)] == ["x.md", "y.png", "https://z.org", "w.md", "v.png"]
    assert all(text[offset:].startswith(target) for offset, target in prose.find_links(text))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("see 4.8.3", ["4.8.3"]),
        ("See also 4.8.3, 4.2 and 4.7.1/f2.", ["4.8.3", "4.2", "4.7.1/f2"]),
        ("见 4.8.3 和 4.2.1、4.2.2。", ["4.8.3", "4.2.1", "4.2.2"]),
        ("参见4.8.3", ["4.8.3"]),
        ("we see 3 of them, and `see 4.8.3`", []),
        ("foresee 4.8", []),
    ],
)
def test_mentions_of_other_questions_are_found(text: str, ids: list[str]) -> None:
    assert [ref for _, ref in prose.find_mentions(text)] == ids


def measure_all(text: str) -> None:
    prose.split_sections(text)
    for lang in ("en", "zh"):
        prose.count_words(text, lang)
        prose.count_sentences(text, lang)
    prose.find_math_faults(text)
    prose.find_links(text)
    prose.find_mentions(text)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab`~$\\{}()[]<>#.:/!\n 见4", max_size=80))
def test_offsets_hold_for_any_text(text: str) -> None:
    measure_all(text)
    assert [len(line) for line in prose.blank_math(prose.blank_code(text)).split("\n")] == [
        len(line) for line in text.split("\n")
    ]


@pytest.mark.parametrize(
    "piece", ["`", "` ", "](", "$", "$ ", ".", " ", "[", "$\\begin{", "see ", ", 1.1", "<a:", "src=", "{", "\n", "a'"]
)
def test_a_text_made_to_be_slow_is_measured_all_the_same(piece: str) -> None:
    measure_all(piece * 20_000 + "x")  # would take minutes if any pattern were quadratic
