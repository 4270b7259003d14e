"""A typed answer makes the points whose cues it meets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attnquiz.content.cues import find_cues_met, find_empty_terms, find_points_made
from attnquiz.content.model import Point, Words

POINTS = [
    Point(
        "variance",
        Words("", ""),
        1,
        (("variance|方差", "d_k|head width"), ("standard deviation|标准差", "sqrt|√|根号")),
    ),
    Point("saturation", Words("", ""), 2, (("saturat|饱和", "softmax"), ("one-hot", "gradient|梯度"))),
    Point("order", Words("", ""), None, (("O(n^2)|quadratic|平方", "memory|内存|显存"),)),
    Point("uncued", Words("", ""), None, ()),
]


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ("A dot product of d_k terms has variance d_k.", ["variance"]),
        ("The variance grows with the head width, so the softmax saturates.", ["variance", "saturation"]),
        ("We divide by $\\sqrt{d_k}$, its standard deviation.", ["variance"]),
        ("Memory is $O(n^{2})$.", ["order"]),
        ("memory: \\mathcal{O}(n²)", ["order"]),
        ("SOFTMAX becomes ONE-HOT: no gradients", ["saturation"]),
        ("点积的方差是 d_k，标准差是根号 d_k。", ["variance"]),
        ("方差随dₖ增长，softmax会饱和，梯度就没了", ["variance", "saturation"]),
        ("ｓｏｆｔｍａｘ　饱和", ["saturation"]),
        ("显存是序列长度的平方", ["order"]),
        ("内存是Ｏ（ｎ²）", ["order"]),
        ("it is fast", []),
        ("", []),
    ],
)
def test_a_typed_answer_makes_these_points(typed: str, made: list[str]) -> None:
    assert find_points_made(typed, POINTS) == made


@pytest.mark.parametrize(
    ("term", "text", "met"),
    [
        ("saturat", "it saturates", True),
        ("saturat", "unsaturated", False),
        ("variance", "covariance", False),
        ("方差", "协方差", True),
        ("K", "Q and K and V", True),
        ("K", "keys are kind", False),
        ("QK", "QKᵀ", True),
        ("QK^T", "$QK^\\top$ or QKᵀ", True),
        ("d_k", "dₖ", True),
        ("d_k", "$d_{k}$", True),
        ("d_k", "dk", True),
        ("d_k", "d_key", False),
        ("pre norm", "Pre-Norm", True),
        ("pre-norm", "prenorm", True),
        ("pre-norm", "pre- and post-norm", False),
        ("KV cache", "KVCache", True),
        ("KV缓存", "kv 缓存", True),
        ("O(n)", "O(n)", True),
        ("O(n)", "复杂度为 O (n)。", True),
        ("O(n)", "O(n^2)", False),
        ("O(n)", "O(n log n)", False),
        ("O(n)", "on", False),
        ("n^2", "O(n²d)", True),
        ("O(n log n)", "$\\mathcal{O}(n\\log n)$", True),
        ("64", "width 64.", True),
        ("64", "width 640", False),
        ("0.5", "about 0.5, not more", True),
        ("50%", "50 %", True),
        ("sqrt(d_k)", "\\sqrt{d_k}", True),
        ("√d_k", "除以√d_k", True),
        ("überblick", "Überblick", True),
        ("a|b c|方差", "the b c of it", True),
    ],
)
def test_a_term_is_met(term: str, text: str, met: bool) -> None:
    assert bool(find_cues_met(text, [(term,)])) is met


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("alpha is near. So is beta.", True),
        ("alpha is near. This is not. Nor is beta.", False),
        ("这里有 alpha。那里有 beta！", True),
        ("这里有 alpha。那里没有？后来才有 beta", False),
        ("alpha is near. \n\n So is beta.", True),
        ("* alpha\n* beta\n* gamma", True),
        ("* alpha\n* gamma\n* delta\n* beta", False),
        ("alpha is 0.5 and e.g. beta", True),
        ("alpha" + "，然后说别的" * 100 + "，beta", False),
    ],
)
def test_terms_must_stand_in_a_sentence_or_two(text: str, met: bool) -> None:
    assert bool(find_cues_met(text, [("alpha", "beta")])) is met


def test_words_of_one_term_do_not_meet_across_sentences() -> None:
    assert not find_cues_met("It is pre. Norm is another.", [("pre norm",)])


def test_every_cue_that_is_met_is_returned_in_order() -> None:
    cues = [("alpha",), ("beta",), ("alpha", "gamma")]
    assert find_cues_met("gamma, alpha", cues) == [("alpha",), ("alpha", "gamma")]


def test_terms_that_name_nothing_are_found_and_never_met() -> None:
    assert find_empty_terms(["variance|方差", "", "a||b", "...", "$\\$"]) == ["", "a||b", "...", "$\\$"]
    assert not find_cues_met("anything at all ...", [("...",), ("",), ()])


@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=200), term=st.text(max_size=12))
def test_any_text_and_any_term_can_be_compared(text: str, term: str) -> None:
    met = find_cues_met(f"{text}\n{term}", [(term,)])
    assert met in ([], [(term,)])


@pytest.mark.parametrize("piece", ["x", "o(", "，", " ", ".", "²", "方差", "o(n)", "a.", "\ufdfa", "ＡＢ"])
def test_a_pasted_file_is_looked_at_no_further_than_an_answer_goes(piece: str) -> None:
    assert find_points_made(piece * 1_000_000 + " variance d_k", POINTS) == []


@settings(max_examples=80, deadline=None)
@given(
    words=st.lists(
        st.sampled_from(["gradient", "softmax", "d_k", "方差", "O(n^2)", "KV cache", "Pre-Norm"]),
        min_size=1,
        max_size=5,
    )
)
def test_a_term_is_met_by_itself(words: list[str]) -> None:
    term = " ".join(words)
    assert find_cues_met(f"so the {term}, they say", [(term,)])
