"""Every claim of every demo under twenty seeds, and far from its bound."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

import pytest

from attnquiz.run.demo import parse_demo
from attnquiz.run.runner import run_demo
from attnquiz.run.warm import Server

ROOT = Path(__file__).parent.parent.parent
DEMOS = sorted((ROOT / "answers").glob("*/demo.py"))
SEEDS = 20
FEWEST_DEVIATIONS = 4


@pytest.mark.parametrize("path", [pytest.param(path, id=path.parent.name) for path in DEMOS])
def test_claims_hold_far_from_their_bounds_under_twenty_seeds(path: Path, warm: Server | None) -> None:
    demo = parse_demo(path.read_text(encoding="utf-8"), path)
    runs = [run_demo(demo, python=sys.executable, seed=seed, warm=warm) for seed in range(SEEDS)]
    assert [run.seed for run in runs if not run.ok] == []
    for claims in zip(*(run.claims for run in runs), strict=True):
        for values in ([claim.measured for claim in claims], [claim.control for claim in claims]):
            finite = [value for value in values if value is not None and abs(value) != float("inf")]
            if finite:
                distance = abs(statistics.fmean(finite) - claims[0].bound)
                assert distance >= FEWEST_DEVIATIONS * statistics.pstdev(finite), claims[0].says
