"""A drill without a terminal: keys go in, what is to be seen and done comes out.

A whole session replays in a unit test. The drill never waits, draws or reads a clock; its caller does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Protocol

from attnquiz.content.model import Card, Point
from attnquiz.memory.queue import requeue
from attnquiz.memory.schedule import Memory, Rating, preview
from attnquiz.session.attempt import Attempt
from attnquiz.session.marks import suggest_rating
from attnquiz.session.state import Effect, Graded, OnScreen, Panel, Phase

GRADE_KEYS: dict[str, Rating] = {"1": "again", "2": "hard", "3": "good", "4": "easy"}


class Reviews(Protocol):
    """What the drill needs of the state: `memory.store.Store` has it."""

    def grade(
        self, card: str, rating: Rating, at: datetime, *, seconds: float | None = None, hints: int = 0
    ) -> object: ...
    def undo(self, at: datetime) -> object: ...
    def suspend(self, card: str, at: datetime) -> None: ...
    def postpone(self, card: str, day: date) -> None: ...
    def memory(self, card: str) -> Memory | None: ...


class Drill:
    """A session over a queue of cards. `now` gives the time, `day_of` the study day that a time belongs to."""

    def __init__(
        self,
        cards: dict[str, Card],
        queue: list[str],
        reviews: Reviews,
        now: Callable[[], datetime],
        day_of: Callable[[datetime], date],
        points_made: Callable[[str, Sequence[Point]], Sequence[str]],
    ) -> None:
        self.cards = cards
        self.queue = queue
        self.reviews = reviews
        self.now = now
        self.day_of = day_of
        self.points_made = points_made
        self.graded: list[Graded] = []
        self.note: str | None = None
        self.ended = False
        self.started = self.graded_at = now()  # graded_at: when the last grade was given
        self.show_next()

    @property
    def card(self) -> Card:
        return self.cards[self.queue[0]]

    @property
    def memory(self) -> Memory | None:
        return self.reviews.memory(self.card.id)

    @property
    def intervals(self) -> dict[Rating, Memory]:
        """What each grade would store; the store computes the same."""
        return preview(self.memory, self.day)

    @property
    def points(self) -> Sequence[Point]:
        return self.card.question.points if self.card.kind == "question" else ()

    @property
    def wants_code(self) -> bool:
        return self.card.kind in ("exercise", "bug")

    @property
    def suggested(self) -> Rating:
        if self.wants_code:
            return self.seen.attempt.suggested if self.seen.attempt else "again"
        made = None if self.seen.made is None else len(self.seen.made)
        return suggest_rating(len(self.points), made, self.seen.helped)

    @property
    def has_demo(self) -> bool:
        return not self.wants_code and self.card.question.demo_path is not None

    def show_next(self) -> None:
        now = self.now()
        self.day = self.day_of(now)  # asked anew for each card: a session may go on past 4 a.m.
        self.seen = OnScreen(since=now)
        if not self.queue:
            self.ended = True
            self.seen.phase = Phase.END

    def press(self, key: str) -> Effect:
        """Take one key. Keys that mean nothing here leave a note and change nothing."""
        self.note = None
        if self.ended:
            return Effect.END
        if key in ("q", "ctrl-d", "ctrl-c"):
            self.ended = True
            return Effect.END
        if self.seen.panel is Panel.HELP:
            self.seen.panel = self.seen.behind_help
            return Effect.DRAW
        if self.seen.ticking:
            return self.tick(key)
        if key in ("space", "enter"):
            return self.advance()
        if key in GRADE_KEYS:
            return self.choose(GRADE_KEYS[key])
        action = KEYS.get(key)
        if action is None:
            self.note = "no_such_key"
            return Effect.DRAW
        return action(self)

    def advance(self) -> Effect:
        """Space: reveal, and once revealed take the suggested grade."""
        if self.seen.phase is Phase.ANSWER:
            return self.grade(self.suggested)
        self.reveal()
        return Effect.DRAW

    def reveal(self) -> None:
        """For an exercise the answer is the solution: seen before the code passes, it counts as again."""
        if self.wants_code and self.seen.attempt is None:
            self.seen.attempt = Attempt()
            self.seen.attempt.see_solution()
        self.seen.phase = Phase.ANSWER
        self.seen.panel = Panel.ANSWER

    def choose(self, rating: Rating) -> Effect:
        if self.seen.phase is not Phase.ANSWER:
            self.note = "reveal_first"
            return Effect.DRAW
        if self.wants_code and not self.allows(rating):
            self.note = "not_earned"
            return Effect.DRAW
        return self.grade(rating)

    def allows(self, rating: Rating) -> bool:
        """What the code was worth; the user may lower it, not raise it."""
        return rating == "again" or (self.seen.attempt is not None and self.seen.attempt.allows(rating))

    def grade(self, rating: Rating) -> Effect:
        card = self.card
        at = self.graded_at = self.now()
        seconds = max(0.0, (at - self.seen.since).total_seconds())
        was_new = self.memory is None
        hints = self.seen.attempt.hints if self.seen.attempt else int(self.seen.hint_shown)
        self.reviews.grade(card.id, rating, at, seconds=seconds, hints=hints)
        made = self.seen.made
        missed = () if made is None else tuple(point for point in self.points if point.id not in made)
        self.graded.append(Graded(card, rating, seconds, was_new, missed))
        self.queue.pop(0)
        if rating == "again":
            self.queue = requeue(self.queue, card.id)
        return self.go_on()

    def go_on(self) -> Effect:
        self.show_next()
        return Effect.END if self.ended else Effect.DRAW

    def undo(self) -> Effect:
        """Take back this session's last grade and ask its card again."""
        if not self.graded:
            self.note = "nothing_to_undo"
            return Effect.DRAW
        card = self.graded.pop().card
        self.reviews.undo(self.now())
        self.queue = [card.id, *(other for other in self.queue if other != card.id)]
        self.show_next()
        self.note = "undone"
        return Effect.DRAW

    def hint(self) -> Effect:
        if self.wants_code:
            self.note = "hints_at_bench"
        elif self.card.kind != "question" or self.card.question.hint is None:
            self.note = "no_hint"
        elif self.seen.phase is Phase.ASK:
            self.seen.hint_shown = self.seen.helped = True
        else:
            self.seen.hint_shown = True
        return Effect.DRAW

    def turn_to(self, panel: Panel) -> Effect:
        """Show a panel, or the answer again when it is already shown. Looking before the reveal is help."""
        if self.seen.phase is Phase.ASK and panel not in (Panel.INFO, Panel.HELP):
            self.seen.helped = True
            self.seen.phase = Phase.ANSWER
        self.seen.panel = Panel.ANSWER if self.seen.panel is panel else panel
        return Effect.DRAW

    def code(self) -> Effect:
        if self.wants_code:
            return Effect.WRITE
        return self.turn_to(Panel.CODE) if self.has_demo else self.refuse("no_demo")

    def run(self) -> Effect:
        if not self.has_demo:
            return self.refuse("no_demo")
        if self.seen.panel is not Panel.RUN:
            self.turn_to(Panel.RUN)
        return Effect.RUN

    def follow_ups(self) -> Effect:
        return self.turn_to(Panel.FOLLOW_UPS) if self.card.question.follow_ups else self.refuse("no_follow_ups")

    def info(self) -> Effect:
        return self.turn_to(Panel.INFO)

    def help(self) -> Effect:
        self.seen.behind_help = self.seen.panel
        self.seen.panel = Panel.HELP
        return Effect.DRAW

    def refuse(self, note: str) -> Effect:
        self.note = note
        return Effect.DRAW

    def type(self) -> Effect:
        if self.wants_code:
            return Effect.WRITE
        return Effect.TYPE if self.seen.phase is Phase.ASK else self.refuse("already_revealed")

    def typed(self, text: str) -> None:
        """Take a typed answer: reveal, and tick the points that it makes."""
        self.seen.typed = text
        if self.points:
            self.seen.made = set(self.points_made(text, self.points))
        self.reveal()

    def written(self, attempt: Attempt) -> None:
        """Take what was done at the workbench."""
        if attempt.tries or attempt.solution_seen:
            self.seen.attempt = attempt
            self.reveal()

    def edit(self) -> Effect:
        return Effect.EDIT if self.seen.phase is Phase.ANSWER else self.refuse("reveal_first")

    def start_ticking(self) -> Effect:
        if not self.points:
            return self.refuse("no_points")
        if self.seen.phase is not Phase.ANSWER:
            return self.refuse("reveal_first")
        self.seen.ticking = True
        self.seen.panel = Panel.ANSWER
        self.seen.made = self.seen.made or set()
        return Effect.DRAW

    def tick(self, key: str) -> Effect:
        """While ticking, digits turn points on and off; anything else is done with it."""
        made = self.seen.made
        if made is not None and key.isdigit() and 1 <= int(key) <= len(self.points):
            made ^= {self.points[int(key) - 1].id}
        else:
            self.seen.ticking = False
        return Effect.DRAW

    def skip(self) -> Effect:
        """To the end of the queue, ungraded."""
        self.queue.append(self.queue.pop(0))
        self.show_next()
        self.note = "skipped"
        return Effect.DRAW

    def not_today(self) -> Effect:
        self.reviews.postpone(self.queue.pop(0), self.day)
        return self.go_on()

    def suspend(self) -> Effect:
        self.reviews.suspend(self.queue.pop(0), self.now())
        return self.go_on()


KEYS: dict[str, Callable[[Drill], Effect]] = {
    "u": Drill.undo,
    "h": Drill.hint,
    "t": Drill.type,
    "r": Drill.run,
    "c": Drill.code,
    "f": Drill.follow_ups,
    "e": Drill.edit,
    "i": Drill.info,
    "p": Drill.start_ticking,
    "s": Drill.skip,
    "-": Drill.not_today,
    "@": Drill.suspend,
    "?": Drill.help,
}
