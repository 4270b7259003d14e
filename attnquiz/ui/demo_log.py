"""What a demo did, as it is shown: its output, its claims with their numbers, its pictures."""

from __future__ import annotations

import math

from rich.console import Group, RenderableType
from rich.text import Text

from attnquiz.run.events import ClaimChecked, ClaimResult, Ended, Event, Failed, Output, PictureMade, Run
from attnquiz.ui.cjk import CJKText
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Hanging, Indented


class DemoLog:
    """Collects a demo's events; `parts` are what has happened so far, in order."""

    def __init__(self, say: Speech) -> None:
        self.say = say
        self.parts: list[RenderableType] = []
        self.run: Run | None = None
        self.output: Text | None = None

    def add(self, event: Event) -> None:
        match event:
            case Output(text=text):
                self.add_output(text)
            case ClaimChecked(result=result):
                self.add_part(claim_part(result, self.say))
            case PictureMade(title=title, data=data):
                from attnquiz.ui.plots import draw_picture

                self.add_part(draw_picture(data, title, lang=self.say.lang))
            case Failed(reason=reason) if reason != "stopped":
                self.add_part(failure_text(event, self.say))
            case Ended(run=run):
                self.run = run
                self.add_part(verdict_text(run, self.say))
            case _:
                self.output = None

    def add_output(self, text: str) -> None:
        if self.output is None:
            self.output = Text(no_wrap=True, overflow="fold")
            self.parts.append(self.output)
        self.output.append(text)

    def add_part(self, part: RenderableType) -> None:
        self.output = None
        self.parts.append(part)

    def renderable(self) -> Group:
        parts = [trimmed(part) for part in self.parts]
        return Group(*(Indented(part) for part in parts))


def trimmed(part: RenderableType) -> RenderableType:
    if isinstance(part, Text):
        part = part.copy()
        part.rstrip()
    return part


def failure_text(failed: Failed, say: Speech) -> Text:
    """The demo's own frames, then what went wrong in one line."""
    frames = "" if failed.reason == "torch" else failed.traceback.rstrip()
    text = Text(frames + "\n" if frames else "", style="dim")
    return text.append(f"✗ {failed.message.text(say.lang)}", style="bold red not dim")


def number(value: float) -> str:
    """Four significant digits, the way a table wants them."""
    if math.isnan(value) or math.isinf(value):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:.4g}"
    return f"{value:.2e}"


def claim_part(result: ClaimResult, say: Speech) -> RenderableType:
    """`✓ 1 statement` and, under it, the numbers side by side; where it fails, also the line to look at."""
    mark, style = ("✓", "green") if result.holds else ("✗", "bold red")
    text = CJKText(result.says, style="" if result.holds else "bold")
    numbers = Text(f"{say('measured')} {number(result.measured)} {result.op} {number(result.bound)}   ")
    numbers.append(control_text(result, say), style="dim")
    parts: list[RenderableType] = [text, numbers]
    if not result.holds:
        parts.append(Text(f"{say('fails')}  {say('line', n=result.line)}", style="bold red"))
    return Hanging(Text(f"{mark} {result.number} ", style=style), Group(*parts))


def control_text(result: ClaimResult, say: Speech) -> str:
    if result.control is None:
        return say("no_control")
    return f"{say('control')} {number(result.control)}"


def verdict_text(run: Run, say: Speech) -> Text:
    failed = sum(not claim.holds for claim in run.claims)
    values = {"seconds": run.seconds, "seed": run.seed}
    if run.ok:
        return Text(say("demo_ok", **values), style="green")
    if failed:
        return Text(say("demo_failed", failed=failed, total=len(run.claims), **values), style="red")
    return Text("")
