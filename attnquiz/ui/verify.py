"""The verification of every demo: a progress bar while it runs, a table of claims after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.text import Text

from attnquiz.run.events import ClaimResult, Run
from attnquiz.ui.demo_log import claim_part
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Indented


def show_verification(
    console: Console, runs: Iterable[Run], ids: Sequence[str], seeds: int, say: Speech, progress_to: TextIO
) -> list[Run]:
    """Consume the runs as they finish; print each demo's claims, and what went wrong where."""
    done = list(with_progress(runs, len(ids) * seeds, progress_to))
    for id_ in ids:
        mine = sorted((run for run in done if run.id == id_), key=lambda run: run.seed)
        console.print(Text(id_, style="bold cyan"))
        for group in zip(*(run.claims for run in mine if run.claims), strict=False):
            console.print(claims_part(list(group), say))
        for run in mine:
            if run.failure is not None:
                console.print(Text(f"  ✗ {run.failure.message.text(say.lang)}", style="red"))
    console.print(total_line(done, say))
    return done


def with_progress(runs: Iterable[Run], total: int, to: TextIO) -> Iterable[Run]:
    if not to.isatty():
        yield from runs
        return
    from rich.console import Console as ErrorConsole
    from rich.progress import track

    yield from track(runs, total=total, description="", console=ErrorConsole(file=to), transient=True)


def claims_part(results: list[ClaimResult], say: Speech) -> RenderableType:
    """One claim, with the numbers of its worst seed."""
    worst = min(results, key=margin)
    part = claim_part(worst, say)
    if len(results) == 1:
        return Indented(part)
    return Indented(Group(part, Text(f"    ({say('worst_of', n=len(results))})", style="dim")))


def margin(result: ClaimResult) -> float:
    """How far the measured value is on the right side of the bound."""
    distance = result.bound - result.measured if result.op == "<" else result.measured - result.bound
    return distance if result.holds else float("-inf")


def total_line(done: list[Run], say: Speech) -> Text:
    claims = [claim for run in done for claim in run.claims]
    failed = sum(not claim.holds for claim in claims) + sum(run.failure is not None for run in done)
    verdict = say("some_fail", n=failed) if failed else say("all_hold")
    seconds = sum(run.seconds for run in done)
    text = say("verified", demos=len({run.id for run in done}), claims=len(claims), seconds=seconds, verdict=verdict)
    return Text(text, style="red" if failed else "green")
