"""Where code is written: the user's editor on their own file, the judge after each save, hints and the solution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from rich.console import Console
from rich.text import Text

from attnquiz.content.model import Card
from attnquiz.errors import AttnquizError, TorchMissing
from attnquiz.judge.exercise import Exercise
from attnquiz.judge.verdict import Judge
from attnquiz.session.attempt import Attempt
from attnquiz.session.sheet import Sheet
from attnquiz.ui.code import code_lines
from attnquiz.ui.editor import Editor
from attnquiz.ui.markdown import Markdown
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Indented, flow, rule
from attnquiz.ui.panels import bug_of, find_bug_part, mistake_part
from attnquiz.ui.verdict import verdict_part

WATCH_S = 0.03
LEAVE = {"q", "esc", "ctrl-c", "ctrl-d"}
GO_ON = {"space", "enter"}


class Workbench:
    """One exercise or bug at work. `read_key` waits for a key, at most as long as it is told."""

    def __init__(
        self,
        card: Card,
        exercise: Exercise,
        sheet: Sheet,
        judge: Judge,
        editor: Editor | None,
        console: Console,
        say: Speech,
        read_key: Callable[[float | None], str | None],
        day: date,
    ) -> None:
        self.exercise = exercise
        self.bug = bug_of(card, exercise)
        self.sheet = sheet
        self.judge = judge
        self.editor = editor
        self.console = console
        self.say = say
        self.read_key = read_key
        self.day = day
        self.attempt = Attempt()
        self.hints_shown = 0  # the attempt counts those before it passed
        self.judged_at = 0  # when that which was judged last had been saved

    def play(self) -> Attempt:
        """The task, which was read before, then the editor at once, and on until the user has had enough."""
        self.begin()
        self.edit()
        self.work()
        return self.attempt

    def begin(self) -> None:
        self.sheet.begin()
        if self.bug is not None:
            self.console.print(find_bug_part(self.say))
        self.console.print(Indented(Markdown(self.exercise.prompt.text(self.say.lang))))

    def work(self) -> str:
        """Edit, judge and help until a key leaves: that key. Space goes on: to the editor, once passed to the end."""
        actions = {"e": self.edit, "h": self.hint, "s": self.solution, "x": self.reset, "w": self.watch}
        while True:
            key = self.ask({*LEAVE, *GO_ON, *actions})
            if key in LEAVE or (key in GO_ON and self.attempt.passed):
                return key
            actions.get(key, self.edit)()

    def ask(self, known: set[str]) -> str:
        """One of the known keys; others do nothing."""
        self.show_keys()
        while (key := self.read_key(None)) not in known:
            pass
        return str(key)

    def show_keys(self) -> None:
        first = {self.say("space"): "bench_done", "e": "bench_edit"}
        last = {"w": "bench_watch", "h": "key_hint", "s": "solution", "x": "bench_reset"}
        if not self.attempt.passed:
            first, last = {self.say("space"): "bench_edit"}, last | {"q": "bench_leave"}
        show_keys(self.console, [(key, self.say(label)) for key, label in (first | last).items()])

    def edit(self) -> None:
        """The editor until it is left, then the verdict if something was saved."""
        if self.editor is None:
            self.tell("no_editor", path=self.sheet.path)
            return
        try:
            self.sheet.begin()  # it may be gone since
            self.editor.open(self.sheet.path)
        except AttnquizError as error:
            self.complain(error)
            return
        if not self.check_saved():
            self.tell("nothing_saved")

    def check_saved(self) -> bool:
        """Judge what was saved since the last verdict, if anything. What the file begins with is no try."""
        saved_at = self.sheet.saved_at
        if saved_at in (0, self.judged_at) or self.sheet.is_untouched:
            return False
        self.judged_at = saved_at
        self.check()
        return True

    def check(self) -> None:
        self.tell("judging")
        try:
            verdict = self.judge.judge(self.exercise, self.sheet.path)
        except KeyboardInterrupt:
            self.judge.stop()  # the next save starts it anew
            self.tell("judging_stopped")
        except TorchMissing:
            raise  # no save will change that
        except AttnquizError as error:
            self.complain(error)
        else:
            self.attempt.judge(verdict.ok)
            self.console.print(verdict_part(verdict, self.say))

    def watch(self) -> None:
        """Judge at every save until a key is pressed."""
        self.tell("watching", path=self.sheet.path)
        self.check_saved()
        while self.read_key(WATCH_S) is None:
            self.check_saved()

    def hint(self) -> None:
        hints = self.exercise.hints
        if self.hints_shown == len(hints):
            self.tell("no_more_hints")
            return
        hint = hints[self.hints_shown]
        self.hints_shown += 1
        self.attempt.take_hint()
        title = self.say("hint_of", n=self.hints_shown, total=len(hints))
        self.console.print(Text(f"\n {title}", style="bold yellow"))
        self.console.print(Indented(Markdown(hint.text(self.say.lang))))

    def solution(self) -> None:
        """The solution beside the user's own code where there is room, else under it."""
        self.attempt.see_solution()
        mine = self.sheet.path.read_text(encoding="utf-8", errors="replace") if self.sheet.path.is_file() else ""
        show_side_by_side(self.console, (self.say("yours"), mine), (self.say("solution"), self.exercise.solution))
        if mistake := mistake_part(self.bug, self.say):
            self.console.print(Text(""), mistake)

    def reset(self) -> None:
        try:
            aside = self.sheet.put_aside(self.day)
            self.sheet.begin()
        except AttnquizError as error:
            self.complain(error)
            return
        if aside is not None:
            self.tell("kept_aside", path=aside)
        self.tell("begins_again", path=self.sheet.path)

    def tell(self, key: str, **values: object) -> None:
        self.console.print(Text(f" {self.say(key, **values)}", style="dim"), soft_wrap=True)  # a path stays whole

    def complain(self, error: AttnquizError) -> None:
        self.console.print(Indented(Text(error.text(self.say.lang), style="yellow")))


def show_keys(console: Console, keys: list[tuple[str, str]]) -> None:
    """What the keys do, under what they are about."""
    items = [Text.assemble((key, "bold"), f" {label}") for key, label in keys]
    console.print()
    for line in flow(items, console.width - 2, most_lines=len(items)):
        console.print(Text(" ").append_text(line))


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
