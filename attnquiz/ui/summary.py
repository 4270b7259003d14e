"""What a session was worth, in plain lines: they stay in the terminal after it."""

from __future__ import annotations

from datetime import date

from attnquiz.session.drill import Drill
from attnquiz.ui.inline import inline_text
from attnquiz.ui.messages import Speech

MOST_WEAK = 5


def summary_lines(drill: Drill, next_due: tuple[date, int] | None, say: Speech) -> list[str]:
    if not drill.graded:
        return [say("nothing_graded"), *(left_lines(drill, say) or due_lines(next_due, say))]
    seconds = (drill.graded_at - drill.started).total_seconds()
    recalled = sum(graded.rating != "again" for graded in drill.graded) / len(drill.graded)
    head = say("summary", cards=len(drill.graded), time=say.duration(seconds))
    lines = [f"{head}{say('comma')}{say('summary_recall', recall=recalled)}"]
    weak = weak_points(drill, say)
    if weak:
        lines += [say("weak_points") + say("colon"), *(f"  {line}" for line in weak[:MOST_WEAK])]
    return lines + (left_lines(drill, say) or due_lines(next_due, say))


def weak_points(drill: Drill, say: Speech) -> list[str]:
    """The points left unticked, and the cards forgotten without ticks; each once, the last word counts."""
    lines: dict[str, list[str]] = {}
    for graded in drill.graded:
        if graded.missed:
            words = (inline_text(point.words.text(say.lang)).plain for point in graded.missed)
            lines[graded.card.id] = [f"{graded.card.id}  {text}" for text in words]
        elif graded.rating == "again":
            lines[graded.card.id] = [f"{graded.card.id}  {say('forgotten')}"]
        else:
            lines.pop(graded.card.id, None)
    return [line for group in lines.values() for line in group]


def left_lines(drill: Drill, say: Speech) -> list[str]:
    return [say("still_queued", n=len(drill.queue))] if drill.queue else []


def due_lines(next_due: tuple[date, int] | None, say: Speech) -> list[str]:
    if next_due is None:
        return []
    day, count = next_due
    return [say("next_due", n=count, day=day.isoformat())]


def nothing_due_lines(next_due: tuple[date, int] | None, say: Speech) -> list[str]:
    return [say("nothing_due"), *due_lines(next_due, say), say("meanwhile")]
