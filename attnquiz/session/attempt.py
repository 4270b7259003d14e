"""Code written from memory: what was done on the way, and the grade that it allows."""

from __future__ import annotations

from attnquiz.memory.schedule import RATINGS, Rating


class Attempt:
    """Tries, hints and whether the solution was looked at before the code passed."""

    def __init__(self) -> None:
        self.tries = 0
        self.hints = 0
        self.solution_seen = False
        self.passed = False

    def judge(self, ok: bool) -> None:
        """Count a verdict. Once passed, later experiments change nothing."""
        if not self.passed:
            self.tries += 1
            self.passed = ok

    def take_hint(self) -> None:
        if not self.passed:
            self.hints += 1

    def see_solution(self) -> None:
        if not self.passed:
            self.solution_seen = True

    @property
    def highest(self) -> Rating:
        """Easy at the first try, good later, hard after hints, again after the solution or without a pass."""
        if self.solution_seen or not self.passed:
            return "again"
        if self.hints:
            return "hard"
        return "easy" if self.tries == 1 else "good"

    @property
    def suggested(self) -> Rating:
        return "good" if self.highest == "easy" else self.highest

    def allows(self, rating: Rating) -> bool:
        return RATINGS.index(rating) <= RATINGS.index(self.highest)
