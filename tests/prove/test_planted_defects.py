"""Each demo with a mistake planted in it: a claim must fail. tests/defects/<id>.yaml says what is broken, and how."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from attnquiz.run.demo import parse_demo
from attnquiz.run.runner import run_demo
from attnquiz.run.warm import Server

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "tests" / "defects").glob("*.yaml"))
CAUGHT_AT_LEAST = 0.9
FEWEST = 3


def demo_of(file: Path) -> Path:
    (demo,) = (ROOT / "answers").glob(f"{file.stem}-*/demo.py")
    return demo


def is_caught(path: Path, source: str, warm: Server | None) -> bool:
    """A claim fails. A demo that ends in an error proves nothing of its claims."""
    run = run_demo(parse_demo(source, path), python=sys.executable, warm=warm)
    return any(not claim.holds for claim in run.claims)


def sampled(number: int) -> tuple[pytest.MarkDecorator, ...]:
    return (pytest.mark.sample,) if number % 8 == 0 else ()


@pytest.mark.parametrize("file", [pytest.param(file, id=file.stem, marks=sampled(i)) for i, file in enumerate(FILES)])
def test_nine_in_ten_planted_defects_make_a_claim_fail(file: Path, warm: Server | None) -> None:
    path = demo_of(file)
    source = path.read_text(encoding="utf-8")
    defects = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert len(defects) >= FEWEST
    missed = []
    for defect in defects:
        assert source.count(defect["old"]) == 1, f"{file.stem}: {defect['breaks']}: old text must occur once"
        if not is_caught(path, source.replace(defect["old"], defect["new"]), warm):
            missed.append(defect["breaks"])
    assert len(missed) <= (1 - CAUGHT_AT_LEAST) * len(defects), f"not caught: {missed}"


@pytest.mark.sample
def test_every_demo_has_planted_defects() -> None:
    demos = {demo.parent.name.split("-")[0] for demo in (ROOT / "answers").glob("*/demo.py")}
    assert demos == {file.stem for file in FILES}
