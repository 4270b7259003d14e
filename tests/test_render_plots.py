"""Pictures of demos, read without colour."""

import io
import math
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from attnquiz.ui.plots import check_picture, draw_picture

DATA = Path(__file__).parent / "data/render"
TOKENS = ["<s>", "自", "注意力", "机制", "token", "</s>"]
ATTENTION = [[math.exp(at - row) / 2 if at <= row else 0 for at in range(6)] for row in range(6)]
LENGTHS = [128, 256, 512, 1024, 2048]
PICTURES: dict[str, Any] = {
    "attention": {"heatmap": ATTENTION, "rows": TOKENS, "columns": TOKENS},
    "signed": {"heatmap": [[-12.5, 3], [250, math.nan], [0, -math.inf]], "rows": ["qk", "残差", "bias"]},
    "large": {"heatmap": [[math.sin((a - b) / 4) for a in range(30)] for b in range(30)]},
    "curves": {"lines": {"n²": [n * n for n in LENGTHS], "线": [n * 1e3 for n in LENGTHS]}, "x": LENGTHS, "log": "xy"},
    "bars": {"bars": {"MHA": 32, "GQA": 8.25, "滑动窗口": 0.1, "off": 0}, "unit": "KiB"},
    "change": {"bars": {"MHA": 3, "GQA": -1.5}, "unit": "ms"},
}  # fmt: skip


def shown(data: object, width: int = 60, title: str = "", lang: str = "en") -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(draw_picture(data, title, lang=lang))
    return console.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_looks_as_it_is_stored(name: str) -> None:
    assert shown(PICTURES[name], 60, name) == (DATA / f"{name}.txt").read_text(encoding="utf-8")
    assert check_picture(PICTURES[name]) is None


@pytest.mark.parametrize("width", range(30, 201, 10))
def test_pictures_fit_any_width(width: int) -> None:
    for name, data in PICTURES.items():
        for line in shown(data, width, f"{name} 图").split("\n"):
            assert cell_len(line) <= width
            assert line == line.rstrip()


def test_signs_and_sizes_of_numbers_are_kept() -> None:
    rows = shown({"heatmap": [[-0.5, 0.25], [1.5, -123.4]]}).split("\n")
    assert [row.split()[1:] for row in rows[1:3]] == [["-.5", ".2"], ["1.5", "█-123.4"]]
    assert "-1.2e6" in shown({"heatmap": [[-1234567, 5]]})
    assert "-.50" in shown({"heatmap": [[-0.5, 0.25]]})


def test_negative_shades_differ_from_positive_ones_without_colour() -> None:
    text = shown({"heatmap": [[-1.0, 1.0] * 20] * 3}, 50)
    assert "#█#█" in text
    assert "░▒▓█ 0…1   -=≡# 0…-1" in text


def test_a_matrix_too_large_for_the_screen_is_averaged_and_says_so() -> None:
    assert "21×21 → mean" in shown({"heatmap": [[1.0] * 1000] * 1000}, 60)


def test_negative_bars_grow_to_the_left_of_zero() -> None:
    up, down = shown({"bars": {"a": 2, "b": -1}}, 40).rstrip().split("\n")
    assert up.index("│") == down.index("│")
    assert up.split("│")[0].strip() == "a"
    assert down.split("│")[0].endswith("█")


def test_every_line_has_a_mark_of_its_own() -> None:
    text = shown({"lines": {"raw": [1, 2, 3], "scaled": [3, 2, 1]}})
    assert "● raw   ▲ scaled" in text
    assert text.count("●") > 2
    assert text.count("▲") > 2


def test_points_without_a_place_are_left_out_and_counted() -> None:
    data = {"lines": {"a": [0, 1, math.nan, 100]}, "x": [1, 2, 3, 4], "log": "y"}
    assert "2 points have no place on the axes" in shown(data, 100)
    assert check_picture(data) == shown(data, 200).rstrip("\n").split("\n")[-1]
    assert "有 2 个点不在坐标轴上" in shown(data, lang="zh")


def test_a_million_points_are_drawn() -> None:
    assert "● a" in shown({"lines": {"a": [float(at % 1000) for at in range(1_000_000)]}})


BAD = [
    ({"bars": {}}, "bars is empty"),
    ({"heatmap": [[1, 2], [3]]}, "the rows of heatmap differ in length"),
    ({"heatmap": []}, "heatmap is empty"),
    ({"heatmap": [[]]}, "heatmap is empty"),
    ({"heatmap": 3}, "heatmap is a list"),
    ({"heatmap": [[1]], "rows": ["a", "b"]}, "rows has 2 labels for 1"),
    ({"lines": {"a": ["x"]}}, "lines has something that is no number"),
    ({"lines": {"a": [1, 2]}, "x": [1]}, "x and the lines differ in length"),
    ({"lines": {"a": [0, -1]}, "log": "y"}, "lines has no point that can be drawn"),
    ({"lines": {"a": [1]}, "log": "z"}, "log is x, y or xy"),
    ({"lines": {"a": []}}, "x is empty"),
    ({"bars": {"a": 10**400}}, "bars has a number that is too large"),
    ({"bars": {"a": None}}, "bars has something that is no number"),
    ({"bars": {"a": 1}, "unti": "ms"}, "unknown key 'unti' in a picture"),
    ({"pie": {}}, "a picture has one of the keys heatmap, lines, bars"),
    ([1], "a picture is a dict"),
    (None, "a picture is a dict"),
]


@pytest.mark.parametrize(("data", "reason"), BAD, ids=[reason for _, reason in BAD])
def test_what_cannot_be_drawn_is_said_in_one_line(data: object, reason: str) -> None:
    assert check_picture(data) == reason
    assert shown(data, 100) == f"(no picture: {reason})\n"
    assert shown(data, 100, lang="zh").startswith("（无法绘图：")


def test_labels_cannot_steer_the_terminal() -> None:
    text = shown({"bars": {"\x1b[2J\n": 1, "\u202e": 2}, "unit": "\x07"}, title="\x1b]0;x\x07")
    assert "\x1b" not in text
    assert "␛[2J" in text


NUMBERS = st.one_of(st.floats(), st.integers(), st.sampled_from([0, 1, -1, 1e308, -1e308, 5e-324, True]))
LABELS = st.one_of(st.text(max_size=8), st.sampled_from(["注意力机制很长的标签", "\x1b[1m", "a" * 90, ""]))
HEATMAPS = st.integers(1, 9).flatmap(
    lambda n: st.fixed_dictionaries(
        {"heatmap": st.lists(st.lists(NUMBERS, min_size=n, max_size=n), min_size=1, max_size=9)}
    )
)
LINES = st.integers(1, 9).flatmap(
    lambda n: st.fixed_dictionaries({
        "lines": st.dictionaries(LABELS, st.lists(NUMBERS, min_size=n, max_size=n), max_size=9),
        "x": st.lists(NUMBERS, min_size=n, max_size=n),
        "log": st.sampled_from(["", "x", "y", "xy", None, 7]),
    })
)  # fmt: skip
BARS = st.fixed_dictionaries({"bars": st.dictionaries(LABELS, NUMBERS, max_size=9), "unit": LABELS})
JUNK = st.recursive(
    st.none() | NUMBERS | LABELS, lambda inner: st.lists(inner) | st.dictionaries(LABELS, inner), max_leaves=6
)
ANYTHING = st.one_of(
    HEATMAPS, LINES, BARS, st.dictionaries(st.sampled_from(["heatmap", "lines", "bars", "x"]), JUNK), JUNK
)


@given(ANYTHING, st.integers(30, 200), LABELS)
@settings(max_examples=250, deadline=None)
def test_no_data_breaks_a_picture(data: object, width: int, title: str) -> None:
    check_picture(data)
    for line in shown(data, width, title).removesuffix("\n").split("\n"):
        assert cell_len(line) <= width
        assert not {"Cc", "Cf", "Cs", "Zl", "Zp"}.intersection(map(category, line))
