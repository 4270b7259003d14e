"""What every exercise promises holds under other seeds of the judge too."""

from __future__ import annotations

import pytest
from test_judge_exercises import FILES, fault, judge

__all__ = ["judge"]  # the fixture

SEEDS = [1, 2, 3, 4]


@pytest.mark.parametrize(("exercise", "path", "fails"), FILES)
def test_a_verdict_does_not_hang_on_the_seed(judge, exercise, path, fails):
    faults = [fault(judge.judge(exercise, path, seed=seed), fails) for seed in SEEDS]
    assert not any(faults), faults
