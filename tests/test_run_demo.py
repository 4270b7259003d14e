"""A demo as it is written: cells, claims, seed, and the form that lint demands."""

from __future__ import annotations

import math
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from demos.write import CLAIM, OPENING, write_claim, write_demo, write_source
from hypothesis import given
from hypothesis import strategies as st

from attnquiz.errors import BadDemo
from attnquiz.run.claims import Claim
from attnquiz.run.demo import lint_demo, load_demo, parse_demo, with_seed

PATH = Path("answers/4.1.3-scaling/demo.py")
SCALING = Path(__file__).parent / "demos" / "scaling.py"


def only_claim(body: str) -> Claim:
    (claim,) = write_demo(write_claim(1, body)).claims
    return claim


def codes(source: str) -> list[str]:
    return [code for _, _, code, _ in lint_demo(source, PATH)]


def test_a_demo_is_read_as_title_cells_claims_and_seed() -> None:
    demo = load_demo(SCALING)
    assert demo.title == "Why divide QKᵀ by √d_k?"
    assert demo.seed == 0
    assert [cell.kind for cell in demo.cells] == [
        *("markdown", "code", "markdown", "claim", "markdown", "claim", "markdown", "picture")
    ]
    assert demo.claims == (
        Claim(1, "dividing by √d_k brings every head width to logit variance 1", "<", 0.05, True, 42),
        Claim(2, "unscaled, the typical query of a wide head gets almost no gradient", "<", 0.1, True, 48),
    )
    assert demo.cells[-1].heading == "keys in use against head width"


def test_the_example_of_the_form_has_nothing_to_mend() -> None:
    assert lint_demo(SCALING.read_text(encoding="utf-8"), SCALING) == []


def test_markdown_comes_without_its_comment_signs() -> None:
    assert load_demo(SCALING).cells[0].source.startswith("# Why divide QKᵀ by √d_k?\nA dot product sums")


def test_a_cell_knows_its_line_in_the_file() -> None:
    demo = load_demo(SCALING)
    lines = demo.source.split("\n")
    for cell in demo.cells:
        if cell.kind != "markdown":
            assert "\n".join(lines[cell.line - 1 :]).startswith(cell.source)


def test_the_id_is_that_of_the_folder() -> None:
    assert parse_demo(write_source(CLAIM), PATH).id == "4.1.3"
    assert parse_demo(write_source(CLAIM), PATH, "mine:4.1.3").id == "mine:4.1.3"


@pytest.mark.parametrize(
    ("check", "op", "bound", "has_control"),
    [
        ("assert measured < 0.05 < control", "<", 0.05, True),
        ("assert control < 0.99 < measured", ">", 0.99, True),
        ("assert control > 5 > measured", "<", 5.0, True),
        ("assert measured < 1e-6  # no control: nothing to take away", "<", 1e-6, False),
        ("assert measured > 1 / 2  # no control: nothing to take away", ">", 0.5, False),
        ("assert -(2**10) < measured  # no control: nothing to take away", ">", -1024.0, False),
        ('assert measured < 3 * 2, "said"  # no control: nothing', "<", 6.0, False),
    ],
)
def test_a_bound_is_read_from_the_assert(check: str, op: str, bound: float, has_control: bool) -> None:
    claim = only_claim(f"measured = 1\ncontrol = 2\n{check}")
    assert (claim.op, claim.bound, claim.has_control) == (op, bound, has_control)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("measured = control = 1", "does not end in its assert"),
        ("measured = control = 1\nassert measured < 1 < control\nprint()", "does not end in its assert"),
        ("measured = control = 1\nassert measured <= 1 < control", "not one chain"),
        ("measured = control = 1\nassert measured < 1 and 1 < control", "not one chain"),
        ("measured = control = 1\nassert abs(measured) < 1 < control", "not one chain"),
        ("measured = control = 1\nassert measured == 1", "not one chain"),
        ("measured = control = B = 1\nassert measured < B < control", "not a number"),
        ("measured = control = 1\nassert measured < 9**9**9**9 < control", "not a number"),
        ("measured = control = 1\nassert measured < 1 / 0 < control", "not a number"),
        ("measured = control = 1\nassert measured < True < control", "not a number"),
        ("measured = control = 1\nassert measured < 1e999 < control", "not a number"),
        ("measured = control = 1\nassert measured < (-8) ** 0.5 < control", "not a number"),
        ("control = 1\nassert measured < 1 < control", "does not bind measured"),
        ("measured = 1\nassert measured < 1 < control", "does not bind control"),
        ("measured = 1\nassert measured < 1", "has no control"),
        ("measured = 1\nassert measured < 1  # no control:", "has no control"),
        ("measured = = 1", "not Python"),
    ],
)
def test_a_claim_that_is_none_is_refused_with_its_line(body: str, complaint: str) -> None:
    with pytest.raises(BadDemo, match=complaint) as refused:
        only_claim(body)
    first = OPENING.count("\n") + 4
    where, line, _ = refused.value.en.split(":", 2)
    assert where == str(Path("9.9.9-plain/demo.py"))
    assert first <= int(line) < first + 3
    assert ";" in refused.value.en
    assert refused.value.zh != refused.value.en


@given(st.floats(), st.none() | st.floats(), st.sampled_from("<>"), st.floats(allow_nan=False, allow_infinity=False))
def test_a_claim_holds_exactly_when_its_assert_does(
    measured: float, control: float | None, op: str, bound: float
) -> None:
    chain = f"measured {op} bound" if control is None else f"measured {op} bound {op} control"
    as_assert = eval(chain, {"measured": measured, "control": control, "bound": bound})
    claim = Claim(1, "", "<" if op == "<" else ">", bound, control is not None, 1)
    assert claim.holds(measured, control) == as_assert


def test_a_claim_never_holds_for_nan() -> None:
    claim = Claim(1, "", "<", 1.0, True, 1)
    assert claim.holds(0.0, math.inf)
    assert not claim.holds(math.nan, 2.0)
    assert not claim.holds(0.0, math.nan)


def test_another_seed_changes_the_seed_alone() -> None:
    demo = load_demo(SCALING)
    changed = with_seed(demo, 123)
    assert changed.seed == 123
    assert changed.source == demo.source.replace("manual_seed(0)", "manual_seed(123)")
    assert "manual_seed(123)" in changed.cells[1].source
    assert with_seed(changed, 0) == demo


def test_a_seed_after_chinese_on_its_line_is_found() -> None:
    source = write_source(CLAIM).replace("torch.manual_seed(7)", 'print("种子"); torch.manual_seed(7)')
    assert 'print("种子"); torch.manual_seed(41)' in with_seed(parse_demo(source, PATH), 41).source


@pytest.mark.parametrize(
    "call", ["torch.manual_seed(x)", "torch.manual_seed(seed=7)", "torch.manual_seed(True)", "print(7)"]
)
def test_a_seed_that_cannot_be_rewritten_is_refused(call: str) -> None:
    with pytest.raises(BadDemo, match="seed"):
        parse_demo(write_source(CLAIM).replace("torch.manual_seed(7)", call), PATH)


def test_two_seeds_are_refused_at_the_second() -> None:
    source = write_source("torch.manual_seed(8)", CLAIM)
    with pytest.raises(BadDemo, match=r"demo\.py:10: a second torch.manual_seed, after line 8"):
        parse_demo(source, PATH)


def test_line_ends_and_a_byte_order_mark_do_not_matter() -> None:
    plain = parse_demo(write_source(CLAIM), PATH)
    assert parse_demo("\ufeff" + write_source(CLAIM).replace("\n", "\r\n"), PATH) == plain


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "\0",
        "# %%",
        "# %% [markdown]",
        "x" * 100_000,
        "(" * 5000,
        "-" * 50_000 + "1",
        "# %%\n" * 2000,
        "\udc80",
        "a" + ".b" * 5000,
    ],
)
def test_what_is_no_demo_is_refused_without_a_traceback(hostile: str) -> None:
    with pytest.raises(BadDemo):
        parse_demo(hostile, PATH)
    assert lint_demo(hostile, PATH)


@given(st.text(alphabet="#% \n\r\tabc[markdown]=assert<>1.:Claim\0é\"'\\(", max_size=200))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with suppress(BadDemo):
        parse_demo(write_source() + text, PATH)
    lint_demo(text, PATH)


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x9b", "\u202e"])
def test_control_characters_in_a_demo_are_refused_with_their_line(character: str) -> None:
    with pytest.raises(BadDemo, match=r"demo\.py:10: a control character"):
        parse_demo(write_source(f"print('{character}')", CLAIM), PATH)


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadDemo, match="cannot be read"):
        load_demo(tmp_path / "none.py")
    path = tmp_path / "latin.py"
    path.write_bytes(b"# \xe9")
    with pytest.raises(BadDemo, match="not UTF-8"):
        load_demo(path)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (write_source(), "claims"),
        (write_source(write_claim(2, "measured = 1\nassert measured < 2  # no control: none")), "claim-number"),
        (write_source(CLAIM, CLAIM), "claim-number"),
        (write_source("import attnquiz.run", CLAIM), "import"),
        (write_source("from attnquiz import run", CLAIM), "import"),
        (write_source(CLAIM).replace("# # Does", "# Does"), "title"),
        (write_source(CLAIM).replace("# Premise: there is a Python.\n", ""), "premise"),
        ("x = 1\n" + write_source(CLAIM), "title"),
        (write_source(CLAIM).replace("## Claim 1:", "## claim 1:"), "heading"),
        (write_source(CLAIM).replace("## Claim 1:", "### Claim 1:"), "heading"),
        (write_source(CLAIM).replace("Claim 1: one is less than two", "Claim 1:"), "heading"),
        (write_source("# %% [markdown]\n# ## Claim 1: lost\n", CLAIM), "heading"),
        (write_source("# %% [markdown]\n# ## Picture: p\n# %%\nx = {}\n", CLAIM), "picture"),
        (write_source("measured = 1", CLAIM), "claim-heading"),
        (write_source("g = torch.Generator().manual_seed(3)", CLAIM), "seed"),
        (write_source("# %% [markdown]\n# said\nx = 1\n", CLAIM), "markdown"),
        (write_source("\n".join("x = 1" for _ in range(80)), CLAIM), "length"),
        (write_source("x = (", CLAIM), "syntax"),
    ],
)
def test_a_demo_out_of_form_is_reported(source: str, code: str) -> None:
    assert code in codes(source)
    assert codes(write_source(CLAIM)) == []


def test_a_demo_that_trains_may_be_longer() -> None:
    lines = "\n".join("x = 1" for _ in range(80))
    assert codes(write_source(lines, CLAIM)) == ["length"]
    assert codes(write_source(lines, "loss = x\nif 0: loss.backward()", CLAIM)) == []


def test_a_generator_may_follow_the_seed() -> None:
    assert codes(write_source("g = torch.Generator().manual_seed(torch.initial_seed())", CLAIM)) == []


def test_the_plain_demos_of_these_tests_run_under_plain_python(tmp_path: Path) -> None:
    path = tmp_path / "demo.py"
    path.write_text(write_source("print('ran')", CLAIM), encoding="utf-8")
    said = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True)
    assert said.stdout == "ran\n"
