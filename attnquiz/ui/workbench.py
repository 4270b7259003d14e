"""Where code is written: the user's editor on their own file, the judge after each save, hints and the solution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from rich.console import Console
from rich.text import Text

from attnquiz.errors import AttnquizError
from attnquiz.judge.exercise import Exercise
from attnquiz.judge.verdict import Judge, Verdict
from attnquiz.session.attempt import Attempt
from attnquiz.session.sheet import Sheet
from attnquiz.ui.code import code_lines
from attnquiz.ui.editor import Editor
from attnquiz.ui.markdown import Markdown
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Indented, rule
from attnquiz.ui.verdict import verdict_part

WATCH_S = 0.03


class Workbench:
    """One exercise or bug at work. `read_key` waits for a key, at most as long as it is told."""

    def __init__(
        self,
        exercise: Exercise,
        sheet: Sheet,
        judge: Judge,
        editor: Editor,
        console: Console,
        say: Speech,
        read_key: Callable[[float | None], str | None],
        day: date,
    ) -> None:
        self.exercise = exercise
        self.sheet = sheet
        self.judge = judge
        self.editor = editor
        self.console = console
        self.say = say
        self.read_key = read_key
        self.day = day
        self.attempt = Attempt()
        self.verdict: Verdict | None = None

    def play(self) -> Attempt:
        """Edit, judge, and offer help until the user has had enough."""
        self.sheet.begin()
        self.show_prompt()
        self.edit()
        while (key := self.ask()) not in ("q", "esc", "ctrl-c", "ctrl-d", "space", "enter"):
            action = {"e": self.edit, "h": self.hint, "s": self.solution, "x": self.reset, "w": self.watch}.get(key)
            if action:
                action()
        return self.attempt

    def show_prompt(self) -> None:
        self.console.print(Indented(Markdown(self.exercise.prompt.text(self.say.lang))))

    def edit(self) -> None:
        """The editor until it is left, then the verdict if something was saved."""
        before = self.sheet.saved_at
        try:
            self.editor.open(self.sheet.path)
        except AttnquizError as error:
            self.console.print(Text(f" {error.text(self.say.lang)}", style="dim"))
            return
        if self.verdict is None or self.sheet.saved_at != before:
            self.check()

    def check(self) -> None:
        self.tell("judging")
        self.verdict = self.judge.judge(self.exercise, self.sheet.path)
        self.attempt.judge(self.verdict.ok)
        self.console.print(verdict_part(self.verdict, self.say))

    def watch(self) -> None:
        """Judge at every save until a key is pressed."""
        self.tell("watching", path=self.sheet.path)
        seen = self.sheet.saved_at
        while self.read_key(WATCH_S) is None:
            if self.sheet.saved_at != seen:
                seen = self.sheet.saved_at
                self.check()

    def hint(self) -> None:
        hints = self.exercise.hints
        if self.attempt.hints < len(hints):
            self.console.print(Indented(Markdown(hints[self.attempt.hints].text(self.say.lang))))
            self.attempt.take_hint()
        else:
            self.tell("no_more_hints")

    def solution(self) -> None:
        """The solution beside the user's own code where there is room, else under it."""
        self.attempt.see_solution()
        mine = self.sheet.path.read_text(encoding="utf-8", errors="replace") if self.sheet.path.exists() else ""
        show_side_by_side(self.console, (self.say("yours"), mine), (self.say("solution"), self.exercise.solution))

    def reset(self) -> None:
        aside = self.sheet.put_aside(self.day)
        self.sheet.begin()
        self.tell("kept_aside", path=aside)

    def ask(self) -> str:
        self.console.print(Text(f" {self.say('bench_keys')}", style="dim"))
        return self.read_key(None) or "q"

    def tell(self, key: str, **values: object) -> None:
        self.console.print(Text(f" {self.say(key, **values)}", style="dim"))


def show_side_by_side(console: Console, left: tuple[str, str], right: tuple[str, str]) -> None:
    from rich.table import Table

    if console.width < 120:
        for title, source in (left, right):
            console.print(rule(console.width, title))
            console.print(Indented(code_lines(source)))
        return
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(ratio=1)
    table.add_column(ratio=1)
    table.add_row(Text(left[0], style="bold"), Text(right[0], style="bold"))
    table.add_row(code_lines(left[1]), code_lines(right[1]))
    console.print(table)
