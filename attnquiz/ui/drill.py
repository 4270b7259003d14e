"""The drill in a terminal: keys in, screens out, demos and editors in between."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from attnquiz.errors import AttnquizError
from attnquiz.session.drill import Drill
from attnquiz.session.state import Effect
from attnquiz.ui.drill_screen import View, draw_screen
from attnquiz.ui.keys import Keyboard
from attnquiz.ui.terminal import Screen

if TYPE_CHECKING:
    from attnquiz.content.model import Card, Question
    from attnquiz.run.runner import RunningDemo
    from attnquiz.session.attempt import Attempt
    from attnquiz.ui.demo_log import DemoLog
    from attnquiz.ui.editor import Editor

FRAME_S = 0.03  # while a demo runs, the screen follows it this often
STOP_KEYS = {"ctrl-c", "esc", "q", "ctrl-d"}


class Demos(Protocol):
    """What runs demos."""

    def warm(self) -> None: ...
    def start(self, question: Question) -> RunningDemo: ...
    def close(self) -> None: ...


class Outside(NamedTuple):
    """What a drill reaches for beyond the screen."""

    demos: Callable[[], Demos]
    write_code: Callable[[Card], Attempt]
    put_aside: Callable[[Card], Path | None]
    find_editor: Callable[[], Editor | None]


class Player:
    """One drill on one screen."""

    def __init__(self, drill: Drill, view: View, screen: Screen, keyboard: Keyboard, outside: Outside) -> None:
        self.drill = drill
        self.view = view
        self.screen = screen
        self.keyboard = keyboard
        self.outside = outside
        self.demos: Demos | None = None
        self.warming: threading.Thread | None = None

    def __enter__(self) -> Player:
        return self

    def __exit__(self, *_: object) -> None:
        if self.warming is not None:
            self.warming.join()
        if self.demos is not None:
            self.demos.close()

    def play(self) -> str:
        """Until the drill ends; the key that ended it, or "" at the natural end."""
        self.draw()
        self.warm()
        while not self.drill.ended:
            key = self.keyboard.read()
            if key is not None and self.take(key) is Effect.END:
                return key
        return ""

    def warm(self) -> None:
        """While the user reads the question, load what the answer and its demo need."""
        thread = threading.Thread(target=self.load, daemon=True)
        thread.start()
        self.warming = thread  # once it can be joined: a signal may come in between

    def load(self) -> None:
        from attnquiz.ui import panels
        from attnquiz.ui.markdown import warm as warm_markdown

        assert panels
        warm_markdown()
        if self.demos is None and any(self.drill.cards[card].question.demo_path for card in self.drill.queue[:2]):
            self.demos = self.outside.demos()
        if self.demos is not None:
            self.demos.warm()

    def take(self, key: str) -> Effect:
        effect = self.handle(key)
        while effect is Effect.RUN:
            effect = self.run_demo()
        if not self.drill.ended:
            self.draw()
        return effect

    def handle(self, key: str) -> Effect:
        """Everything but running a demo, which may itself be ended by a key."""
        self.view.note = ""
        if key in ("resize", "ctrl-l"):
            self.screen.forget()
            return Effect.DRAW
        if key == "ctrl-z":
            self.pause(lambda: os.kill(os.getpid(), signal.SIGSTOP))
            return Effect.DRAW
        if self.view.scroll(key, self.screen.size[1] - 8):
            return Effect.DRAW
        before = self.drill.card.id, len(self.drill.graded)
        effect = self.drill.press(key)
        if effect is Effect.TYPE:
            self.type_answer()
        elif effect is Effect.EDIT:
            self.edit_answer()
        elif effect is Effect.WRITE:
            self.write()
        self.tidy(before[1])
        if not self.drill.ended and before != (self.drill.card.id, len(self.drill.graded)):
            self.view.new_card()
            self.warm()
        elif effect is Effect.DRAW and key not in ("p",) and not key.isdigit():
            self.view.top = 0
        return effect

    def draw(self) -> None:
        width, height = self.screen.size
        self.screen.draw(draw_screen(self.drill, self.view, width, height))

    def run_demo(self) -> Effect:
        """Run the demo of the card until it ends or a key ends it; that key is then taken as usual."""
        from attnquiz.ui.demo_log import DemoLog

        question = self.drill.card.question
        self.view.log = DemoLog(self.view.say)
        try:
            running = self.ready_demos().start(question) if question.demo_path else None
        except AttnquizError as error:
            self.view.note = error.text(self.view.say.lang)
            return Effect.DRAW
        key = None if running is None else self.follow(running, self.view.log)
        if key in STOP_KEYS:
            self.view.note = self.view.say("stopped")
            return Effect.DRAW
        return Effect.DRAW if key is None else self.handle(key)

    def ready_demos(self) -> Demos:
        if self.warming is not None:
            self.warming.join()
        self.demos = self.demos or self.outside.demos()
        return self.demos

    def follow(self, running: RunningDemo, log: DemoLog) -> str | None:
        """Show what it does until it ends or a key ends it: that key."""
        key = None
        self.view.running = self.view.follow_end = True
        with running:
            while not running.finished and key is None:
                for event in running.events(FRAME_S):
                    log.add(event)
                self.draw()
                key = self.key_while_running()
        self.view.running = self.view.follow_end = False
        return key

    def key_while_running(self) -> str | None:
        """A key that ends the demo, or None."""
        key = self.keyboard.read(0)
        if key is None or key == "r":
            return None
        if key == "resize":
            self.screen.forget()
            return None
        return None if self.view.scroll(key, self.screen.size[1] - 8) else key

    def pause(self, action: Callable[[], None]) -> None:
        """Give the terminal back for something else, then take it again."""
        self.screen.leave()
        self.keyboard.restore()
        try:
            action()
        finally:
            self.keyboard.make_raw()
            self.screen.enter_again()

    def type_answer(self) -> None:
        from attnquiz.ui.typing import type_text

        self.screen.lend()
        text = type_text(self.view, self.drill, self.screen.size[0])
        self.screen.take_back()
        if text:
            self.drill.typed(text)

    def write(self) -> None:
        """The user's editor and the judge, on the ordinary screen."""
        said: list[Attempt] = []
        try:
            self.pause(lambda: said.append(self.outside.write_code(self.drill.card)))
        except AttnquizError as error:
            self.view.note = error.text(self.view.say.lang)
        for attempt in said:
            self.drill.written(attempt)

    def tidy(self, graded_before: int) -> None:
        """Code that was graded is put aside, so that the card begins blank when it is due again."""
        for graded in self.drill.graded[graded_before:]:
            if graded.card.kind in ("exercise", "bug"):
                aside = self.outside.put_aside(graded.card)
                self.view.note = self.view.say("kept_aside", path=aside) if aside else ""

    def edit_answer(self) -> None:
        editor = self.outside.find_editor()
        folder = self.drill.card.question.folder
        path = None if folder is None else folder / f"answer.{self.view.say.lang}.md"
        if editor is None or path is None:
            self.view.note = self.view.say("no_editor", path=path)
            return
        try:
            self.pause(lambda: editor.open(path))
        except AttnquizError as error:
            self.view.note = error.text(self.view.say.lang)
