"""A verdict on code: every check, and for the one that failed, the mistake that it looks like."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from attnquiz.judge.verdict import CheckResult, Verdict
from attnquiz.ui.cjk import CJKText
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Hanging, Indented
from attnquiz.ui.printable import printable

MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("·", "dim")}


def verdict_part(verdict: Verdict, say: Speech) -> RenderableType:
    parts: list[RenderableType] = []
    for check in verdict.checks:
        parts.append(check_line(check, say))
        if check.ok is False:
            parts.append(Indented(Text(printable(check.detail.text(say.lang))), left=3))
    if verdict.output:
        parts.append(Text(say("it_printed") + "\n" + printable(verdict.output.rstrip()), style="dim"))
    passed = sum(check.ok is True for check in verdict.checks)
    key, style = ("code_passes", "green") if verdict.ok else ("code_fails", "red")
    parts.append(Text(say(key, passed=passed, total=len(verdict.checks)), style=style))
    parts.append(Text(verdict.protections.text(say.lang), style="dim"))
    return Indented(Group(*parts))


def check_line(check: CheckResult, say: Speech) -> RenderableType:
    mark, style = MARKS[check.ok]
    return Hanging(
        Text(f"{mark} ", style=style), CJKText(check.title.text(say.lang), style="dim" if check.ok is None else "")
    )
