"""A question as a page, its demo as a film: printed from top to bottom, in a terminal or a pipe."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.text import Text

from attnquiz.content.model import Question
from attnquiz.run.demo import Demo
from attnquiz.run.events import CellStarted, Ended, Event, Failed, Output, Run
from attnquiz.run.percent import Cell
from attnquiz.run.runner import RunningDemo
from attnquiz.ui.code import code_lines
from attnquiz.ui.demo_log import DemoLog
from attnquiz.ui.inline import inline_text
from attnquiz.ui.markdown import Markdown
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Hanging, Indented, rule
from attnquiz.ui.panels import point_text, reference_text

WAIT_S = 0.2


class Presenter:
    """Prints questions and running demos."""

    def __init__(self, console: Console, say: Speech) -> None:
        self.console = console
        self.say = say

    def print(self, part: RenderableType) -> None:
        self.console.print(part)

    def blank(self) -> None:
        self.console.print()

    def show_heading(self, title: str) -> None:
        self.print(rule(self.console.width, title))

    def show_question(self, question: Question) -> None:
        lang = self.say.lang
        self.show_heading(question.id)
        self.blank()
        ask = inline_text(question.ask.text(lang))
        ask.stylize("bold")
        self.print(Indented(ask))
        self.blank()
        if question.draft:
            self.print(Indented(Text(self.say("not_written"), style="dim")))
            self.blank()
            return
        self.print(Indented(Markdown(question.answer(lang))))
        self.show_points(question)
        self.show_follow_ups(question)
        self.show_title("references")
        for reference in question.refs:
            self.print(Indented(reference_text(reference)))
        self.blank()

    def show_title(self, name: str) -> None:
        self.blank()
        self.print(Indented(Text(self.say(name), style="bold")))

    def show_points(self, question: Question) -> None:
        self.show_title("points")
        for point in question.points:
            self.print(Hanging(Text(" • "), point_text(point, self.say)))

    def show_follow_ups(self, question: Question) -> None:
        self.show_title("key_follow_ups")
        for follow_up in question.follow_ups:
            self.print(Hanging(Text(" ? "), inline_text(follow_up.ask.text(self.say.lang))))
            self.print(Indented(Markdown(follow_up.answer.text(self.say.lang)), left=3))

    def show_code(self, demo: Demo) -> None:
        for cell in demo.cells:
            self.show_cell(cell)

    def show_cell(self, cell: Cell) -> None:
        if cell.kind == "markdown":
            self.print(Indented(Markdown(cell.source)))
        else:
            self.print(Indented(code_lines(cell.source)))
        self.blank()

    def show_running(self, demo: Demo, running: RunningDemo) -> Run:
        """Each cell's code, then what it prints as it prints it."""
        return self.follow(running, demo.cells)

    def show_output(self, running: RunningDemo) -> Run:
        """What it prints, without its code."""
        return self.follow(running, ())

    def follow(self, running: RunningDemo, cells: Sequence[Cell]) -> Run:
        writer = Writer(self.console, self.say)
        shown = 0
        while running.run is None:
            for event in running.events(WAIT_S):
                if isinstance(event, CellStarted):
                    writer.end_line()
                    for cell in cells[shown : event.index + 1]:
                        self.show_cell(cell)
                    shown = event.index + 1
                writer.add(event)
        for cell in cells[shown:]:
            self.show_cell(cell)
        return running.run


class Writer:
    """Prints a demo's events at once: output as it comes, each line indented, everything else between lines."""

    def __init__(self, console: Console, say: Speech) -> None:
        self.console = console
        self.say = say
        self.at_start = True

    def add(self, event: Event) -> None:
        if isinstance(event, Output):
            self.write(event.text)
            return
        if isinstance(event, CellStarted):
            return
        self.end_line()
        if isinstance(event, Failed):  # why is said on stderr, by the command
            if event.reason != "torch":
                self.console.print(Indented(Text(event.traceback.rstrip(), style="dim")))
            return
        log = DemoLog(self.say)
        log.add(event)
        self.console.print(log.renderable())
        if isinstance(event, Ended):
            self.console.print()

    def write(self, text: str) -> None:
        for line in text.splitlines(keepends=True):
            self.console.file.write(("  " if self.at_start else "") + line)
            self.at_start = line.endswith("\n")
        self.console.file.flush()

    def end_line(self) -> None:
        if not self.at_start:
            self.console.file.write("\n")
            self.at_start = True
