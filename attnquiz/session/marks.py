"""Which points of an answer were made, and the grade that help and missed points suggest."""

from __future__ import annotations

from attnquiz.memory.schedule import Rating


def suggest_rating(points: int, made: int | None, helped: bool) -> Rating:
    """Good; hard after help; hard or again when points were ticked and some, or half of them, are missing.

    `made` is None until the points have been ticked: nobody is marked down for not ticking.
    """
    suggested: Rating = "hard" if helped else "good"
    if made is None or points == 0 or made == points:
        return suggested
    return "again" if made * 2 < points else "hard"
