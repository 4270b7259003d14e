"""A demo as a presenter shows it: a cell with its code, its output under it, a key to go on."""

from __future__ import annotations

from collections.abc import Callable

from rich.text import Text

from attnquiz.errors import AttnquizError
from attnquiz.run.demo import Demo
from attnquiz.run.events import CellStarted, Ended, Event, Failed, Run
from attnquiz.run.percent import Cell
from attnquiz.run.runner import RunningDemo
from attnquiz.ui.keys import Keyboard
from attnquiz.ui.paint import Indented
from attnquiz.ui.show import WAIT_S, Presenter, Writer

LEAVE = {"q", "esc", "ctrl-c", "ctrl-d"}


class Stepper:
    """The demo runs ahead; what each cell did is kept until its turn comes, so that going back is free.

    `change` lets the user edit a copy at a line and gives the demo that it has become.
    """

    def __init__(
        self,
        presenter: Presenter,
        demo: Demo,
        keyboard: Keyboard,
        start: Callable[[Demo], RunningDemo],
        change: Callable[[int], Demo],
    ) -> None:
        self.presenter = presenter
        self.demo = demo
        self.keyboard = keyboard
        self.start = start
        self.change = change
        self.hurry = False
        self.at = 0
        self.begin()

    def begin(self) -> None:
        """Run the demo from its first cell; what is on show stays where it is."""
        self.did: dict[int, list[Event]] = {}
        self.running = self.start(self.demo)
        self.now_in = -1

    def play(self) -> Run | None:
        """Until the last cell, or a key that leaves. The run, if it came to its end."""
        try:
            while self.at < len(self.demo.cells):
                self.show(self.at, self.demo.cells[self.at])
                if not self.move():
                    return None
            return self.finish()
        finally:
            self.running.stop()

    def show(self, index: int, cell: Cell) -> None:
        self.presenter.show_cell(cell)
        if cell.kind == "markdown":
            return
        writer = Writer(self.presenter.console, self.presenter.say)
        shown = 0
        while True:
            done = self.running.run is not None or self.now_in > index
            events = self.did.get(index, [])
            for event in events[shown:]:
                writer.add(event)
            shown = len(events)
            if done:
                break
            self.listen()
        writer.end_line()

    def listen(self) -> None:
        """Take what the demo has done; whatever is said belongs to the cell that is at work."""
        for event in self.running.events(WAIT_S):
            if isinstance(event, CellStarted):
                self.now_in = event.index
            elif not isinstance(event, Ended):
                self.did.setdefault(self.now_in, []).append(event)

    def move(self) -> bool:
        """Wait for a key and go where it says; False to leave. After a failure there is nothing to go on to."""
        failed = any(isinstance(event, Failed) for event in self.did.get(self.at, []))
        if self.hurry or self.at == len(self.demo.cells) - 1 or failed:
            self.at = len(self.demo.cells) if failed else self.at + 1
            return True
        key = self.ask()
        if key == "b":
            self.at = max(0, self.at - 1)
        elif key == "r":
            self.at = 0
            self.running.stop()
            self.begin()
        elif key == "e":
            self.edit()
        else:
            self.hurry = key == "a"
            self.at += 1
        return key not in LEAVE

    def edit(self) -> None:
        """Change a copy where the cell stands, and show the cell again as it now is."""
        self.keyboard.restore()
        try:
            demo = self.change(self.demo.cells[self.at].line)
        except AttnquizError as error:
            self.tell(error.text(self.presenter.say.lang))
            return
        finally:
            self.keyboard.make_raw()
        if demo.source == self.demo.source:
            return
        self.demo = demo
        self.at = min(self.at, len(demo.cells) - 1)
        self.running.stop()
        self.begin()
        self.tell(self.presenter.say("step_edited", path=demo.path))

    def tell(self, words: str) -> None:
        self.presenter.print(Indented(Text(words, style="dim")))
        self.presenter.blank()

    def ask(self) -> str:
        say, console = self.presenter.say, self.presenter.console
        console.print(Text(" " + say("step_keys"), style="dim"), end="")
        key = None
        while key not in LEAVE | {"space", "enter", "a", "b", "e", "r"}:
            key = self.keyboard.read()
        console.file.write("\r\x1b[K")
        return key or "q"

    def finish(self) -> Run:
        run = self.running.wait()
        Writer(self.presenter.console, self.presenter.say).add(Ended(run))
        return run
