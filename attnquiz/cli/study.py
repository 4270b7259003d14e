"""`drill`: a study session in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attnquiz.cli.editor import find_editor
from attnquiz.cli.options import LangOption, Refs
from attnquiz.cli.world import World
from attnquiz.content.refs import find_cards
from attnquiz.errors import UsageError
from attnquiz.memory.queue import build_queue, next_due
from attnquiz.session.drill import Drill
from attnquiz.ui.drill_screen import View
from attnquiz.ui.keys import open_keyboard
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Painter
from attnquiz.ui.summary import nothing_due_lines, summary_lines
from attnquiz.ui.terminal import Screen

if TYPE_CHECKING:
    from attnquiz.cli.demos import DemoRunner
    from attnquiz.content.model import Card, Point
    from attnquiz.session.attempt import Attempt

NEW_A_DAY = 10


def add_command(app: typer.Typer, name: str) -> None:
    app.command(name, epilog="Example: attnquiz drill 4.7 --new 5")(drill)


def drill(
    context: typer.Context,
    refs: Refs = None,
    new: Annotated[int | None, typer.Option("--new", min=0, metavar="N", help="New cards a day at most.")] = None,
    lang: LangOption = None,
) -> None:
    """Study due cards, then new ones. `?` shows every key."""
    world: World = context.obj
    refuse_without_terminal(world)
    collection = world.collection()
    cards = find_cards(collection, refs or [])
    with world.store() as store:
        limit = NEW_A_DAY if new is None else new
        queue = build_queue(
            [card.id for card in cards],
            store.memories(),
            store.suspended() | store.postponed(world.day),
            world.day,
            limit,
            introduced_today=store.introduced(world.day),
        )
        say = Speech(world.lang)
        if not queue:
            print_lines(world, nothing_due_lines(next_due(store.memories(), store.suspended(), world.day), say))
            return
        session = Drill(
            cards={card.id: card for card in cards},
            queue=queue,
            reviews=store,
            now=world.now,
            day_of=world.day_of,
            points_made=points_made,
        )
        titles = {bank.section: bank.title.text(world.lang) for bank in collection.banks}
        key = play(world, session, View(say, Painter(world.environment), titles))
        print_lines(world, summary_lines(session, next_due(store.memories(), store.suspended(), world.day), say))
    if key == "ctrl-c":
        raise typer.Exit(130)


def points_made(text: str, points: Sequence[Point]) -> Sequence[str]:
    from attnquiz.content.cues import find_points_made  # for a typed answer only

    return find_points_made(text, points)


def refuse_without_terminal(world: World) -> None:
    if not world.interactive or world.environment.get("TERM") == "dumb":
        raise UsageError(
            "drill needs a terminal; without one, record a review with: attnquiz grade 4.7.1 good",
            "drill 需要终端；没有终端时可用 attnquiz grade 4.7.1 good 记录一次复习",
        )


def play(world: World, session: Drill, view: View) -> str:
    from attnquiz.ui.drill import Outside, Player

    with open_keyboard(sys.stdin.fileno()) as keyboard, Screen(sys.stdout.fileno(), keyboard) as screen:
        outside = Outside(
            demos=lambda: demo_runner(world),
            write_code=lambda card: write_code(world, card),
            put_aside=lambda card: put_aside(world, card),
            find_editor=lambda: find_editor(world),
        )
        with Player(session, view, screen, keyboard, outside) as player:
            return player.play()


def demo_runner(world: World) -> DemoRunner:
    from attnquiz.cli.demos import DemoRunner  # after the first question is on screen

    return DemoRunner(world)


def write_code(world: World, card: Card) -> Attempt:
    from attnquiz.cli.code import open_workbench  # judge and workbench are for exercises only
    from attnquiz.judge.verdict import Judge
    from attnquiz.ui.panels import exercise_of

    exercise = exercise_of(card)
    world.refuse_untrusted(card.question)
    with Judge(world.python) as judge:
        return open_workbench(world, card, exercise, judge).play()


def put_aside(world: World, card: Card) -> Path | None:
    from attnquiz.cli.code import sheet_of
    from attnquiz.ui.panels import exercise_of

    return sheet_of(world, card, exercise_of(card)).put_aside(world.day)


def print_lines(world: World, lines: list[str]) -> None:
    for line in lines:
        print(line, file=world.stdout)
