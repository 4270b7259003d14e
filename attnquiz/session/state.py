"""What a drill is in the middle of: the card on screen, what fills the screen, what its caller is to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from attnquiz.content.model import Card, Point
from attnquiz.memory.schedule import Rating
from attnquiz.session.attempt import Attempt


class Phase(StrEnum):
    ASK = "ask"  # the question stands alone
    ANSWER = "answer"  # the answer has been revealed
    END = "end"  # no card is left, or the user has gone


class Panel(StrEnum):
    """What fills the screen under the question once it is asked for."""

    ANSWER = "answer"
    CODE = "code"
    RUN = "run"
    FOLLOW_UPS = "follow-ups"
    INFO = "info"
    HELP = "help"


class Effect(StrEnum):
    """What the drill asks of its caller after a key."""

    DRAW = "draw"
    RUN = "run"  # run the demo, show its output in the run panel
    TYPE = "type"  # let the user type an answer, then call `typed`
    WRITE = "write"  # let the user write code, then call `written`
    EDIT = "edit"  # open the answer in the user's editor
    END = "end"


class Graded(NamedTuple):
    """One grade of this session."""

    card: Card
    rating: Rating
    seconds: float
    was_new: bool
    missed: tuple[Point, ...]


@dataclass(slots=True)
class OnScreen:
    """What the user has done with the card in front of them."""

    since: datetime
    phase: Phase = Phase.ASK
    panel: Panel = Panel.ANSWER
    behind_help: Panel = Panel.ANSWER
    hint_shown: bool = False
    helped: bool = False
    typed: str | None = None
    made: set[str] | None = None
    attempt: Attempt | None = None
    ticking: bool = False
