"""A verdict on code: every check, and for the one that failed, the mistake that it looks like."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from attnquiz.judge.verdict import CheckResult, Verdict
from attnquiz.ui.cjk import CJKText
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Hanging, Indented
from attnquiz.ui.printable import printable

MOST_OUTPUT = 10  # lines; the verdict has to stay on the screen
MARKS = {True: ("✓", "green"), False: ("✗", "bold red")}


def verdict_part(verdict: Verdict, say: Speech) -> RenderableType:
    parts: list[RenderableType] = []
    for check in verdict.checks:
        if check.ok is None:
            continue
        parts.append(check_line(check, say))
        if check.ok is False:
            parts.append(Indented(Text(printable(check.detail.text(say.lang))), left=3))
    if waiting := sum(check.ok is None for check in verdict.checks):
        parts.append(Text(f"· {say('still_to_come', n=waiting)}", style="dim"))
    if verdict.output.strip():
        parts.append(output_part(verdict.output, say))
    passed = sum(check.ok is True for check in verdict.checks)
    key, style = ("code_passes", "green") if verdict.ok else ("code_fails", "red")
    parts.append(Text(say(key, passed=passed, total=len(verdict.checks)), style=style))
    if not verdict.protected:
        parts.append(Text(verdict.protections.text(say.lang), style="dim"))
    return Indented(Group(*parts))


def output_part(output: str, say: Speech) -> RenderableType:
    """The last lines of what it printed."""
    lines = printable(output.rstrip()).splitlines()
    left_out = max(0, len(lines) - MOST_OUTPUT)
    shown = [say("it_printed"), *([say("lines_before", n=left_out)] if left_out else []), *lines[left_out:]]
    return Group(*(Text(line, style="dim", no_wrap=True, overflow="ellipsis") for line in shown))


def check_line(check: CheckResult, say: Speech) -> RenderableType:
    mark, style = MARKS[check.ok is True]
    return Hanging(Text(f"{mark} ", style=style), CJKText(check.title.text(say.lang)))
