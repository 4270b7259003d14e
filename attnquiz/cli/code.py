"""`code`: an exercise or a bug, in the user's editor, judged on save."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attnquiz.cli.editor import find_editor
from attnquiz.cli.options import JsonOption, LangOption
from attnquiz.cli.world import World
from attnquiz.content.model import Card
from attnquiz.content.refs import find_card, find_cards, normalise_ref
from attnquiz.errors import AttnquizError, UsageError
from attnquiz.judge.exercise import Exercise, load_exercise
from attnquiz.judge.verdict import Judge, judge
from attnquiz.memory.schedule import Memory, Rating, preview
from attnquiz.session.drill import GRADE_KEYS
from attnquiz.ui.messages import Speech

if TYPE_CHECKING:
    from attnquiz.session.sheet import Sheet
    from attnquiz.ui.workbench import Workbench


def add_command(app: typer.Typer, name: str) -> None:
    app.command(name, epilog="Example: attnquiz code 4.7.1 --solution")(code)


def code(
    context: typer.Context,
    ref: Annotated[str, typer.Argument(metavar="REF", help="A card: 4.7.1 (the same as 4.7.1/code) or 4.7.1/bug1.")],
    check: Annotated[Path | None, typer.Option("--check", metavar="FILE", help="Judge this file.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Judge your file at each save.")] = False,
    solution: Annotated[bool, typer.Option("--solution", help="Print the solution.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Begin again; what you wrote is kept aside.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Write code from memory and have it judged; without an editor, --check FILE."""
    world: World = context.obj
    refuse_contradictions(as_json, check is not None, watch, solution, reset)
    card = find_code_card(world, ref)
    exercise = exercise_of(card)
    if not solution and not reset:
        world.refuse_untrusted(card.question)
    if check is not None:
        check_file(world, card, exercise, check, as_json)
    elif solution:
        print_solution(world, card, exercise)
    elif reset:
        reset_sheet(world, card, exercise)
    else:
        work(world, card, exercise, watch)


def refuse_contradictions(as_json: bool, check: bool, *others: bool) -> None:
    if sum((check, *others)) > 1:
        raise UsageError(
            "--check, --watch, --solution and --reset exclude one another; give one of them",
            "--check、--watch、--solution 和 --reset 只能给一个",
        )
    if as_json and not check:
        raise UsageError("--json goes with --check FILE", "--json 要与 --check 文件一起用")


def find_code_card(world: World, ref: str) -> Card:
    """`4.7.1` is `4.7.1/code`; so is `4.7` as long as the section has no other exercise."""
    collection, plain = world.collection(), normalise_ref(ref)
    if "/" in plain:
        return find_card(collection, plain)
    found = [card for card in find_cards(collection, plain) if card.kind == "exercise"]
    if len(found) == 1:
        return found[0]
    choice = found or [card for card in collection.cards() if card.kind == "exercise"]
    names = [card.id.removesuffix("/code") for card in choice]
    raise UsageError(
        f"{plain} has {'several exercises' if found else 'no exercise; there is one for'}: {', '.join(names)}",
        f"{plain} {'有好几道代码题' if found else '没有代码题；有代码题的是'}：{'、'.join(names)}",
    )


def exercise_of(card: Card) -> Exercise:
    folder = card.question.exercise_path
    if folder is None or card.kind not in ("exercise", "bug"):
        raise UsageError(
            f"{card.id} has no code to write; try 4.7.1/code", f"{card.id} 不是写代码的卡；试试 4.7.1/code"
        )
    return load_exercise(folder)


def check_file(world: World, card: Card, exercise: Exercise, path: Path, as_json: bool) -> None:
    if not path.is_file():
        raise AttnquizError(f"{path}: there is no such file to judge", f"{path}：没有这个文件")
    verdict = judge(exercise, path, python=world.python)
    if as_json:
        world.print_json(verdict.as_json(card.id, world.lang))
    else:
        from attnquiz.ui.verdict import verdict_part

        world.console().print(verdict_part(verdict, Speech(world.lang)))
    if not verdict.ok:
        raise typer.Exit(1)


def print_solution(world: World, card: Card, exercise: Exercise) -> None:
    """In a pipe a file that runs, its lines as long as they are; what was wrong with a bug is a comment."""
    from attnquiz.ui.code import code_lines
    from attnquiz.ui.panels import bug_of

    wrong = bug_of(card, exercise)
    mistake = "" if wrong is None or wrong.bug is None else f"# {wrong.bug.text(world.lang)}\n"
    if world.stdout.isatty():
        world.console().print(code_lines(mistake + exercise.solution))
    else:
        world.stdout.write(mistake + exercise.solution)


def reset_sheet(world: World, card: Card, exercise: Exercise) -> None:
    sheet = sheet_of(world, card, exercise)
    aside = sheet.put_aside(world.day)
    sheet.begin()
    say, console = Speech(world.lang), world.console()
    if aside is not None:
        console.print(say("kept_aside", path=aside), soft_wrap=True)
    console.print(say("begins_again", path=sheet.path), soft_wrap=True)


def sheet_of(world: World, card: Card, exercise: Exercise) -> Sheet:
    from attnquiz.session.sheet import Sheet
    from attnquiz.ui.panels import bug_of

    bug = bug_of(card, exercise)
    return Sheet(world.paths.home / "code", card.id, bug.code() if bug else exercise.stub)


def work(world: World, card: Card, exercise: Exercise, watch: bool) -> None:
    """The task to read, then edit and judge, then grade."""
    if not world.interactive:
        raise UsageError(
            f"code needs a terminal; without one, judge a file with: attnquiz code {card.id} --check FILE",
            f"code 需要终端；没有终端时可用 attnquiz code {card.id} --check 文件 来评判",
        )
    with Judge(world.python) as referee:
        bench = open_workbench(world, card, exercise, referee)
        bench.begin()
        if watch:
            bench.watch()
        else:
            bench.edit()
        key = bench.work()
    if key == "ctrl-c":
        raise typer.Exit(130)
    if bench.attempt.tries:
        grade(world, card, bench)


def open_workbench(world: World, card: Card, exercise: Exercise, referee: Judge) -> Workbench:
    from attnquiz.ui.workbench import Workbench

    sheet, say = sheet_of(world, card, exercise), Speech(world.lang)
    keys = KeyReader(sys.stdin.fileno())
    return Workbench(card, exercise, sheet, referee, find_editor(world), world.console(), say, keys.read, world.day)


class KeyReader:
    """The terminal is raw only while a key is waited for: the editor and the judge have it as it was found."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.waiting: deque[str] = deque()  # what came in one burst

    def read(self, timeout_s: float | None) -> str | None:
        """None too when the terminal was resized, or the program was stopped and goes on."""
        if not self.waiting:
            self.wait(timeout_s)
        key = self.waiting.popleft() if self.waiting else None
        if key == "ctrl-z" and hasattr(signal, "SIGTSTP"):
            os.kill(os.getpid(), signal.SIGTSTP)
        return None if key in ("resize", "ctrl-z") else key

    def wait(self, timeout_s: float | None) -> None:
        from attnquiz.ui.keys import open_keyboard

        with open_keyboard(self.fd) as keyboard:
            key = keyboard.read(timeout_s)
            self.waiting.extend([key, *keyboard.waiting] if key else [])


def grade(world: World, card: Card, bench: Workbench) -> None:
    say, console = bench.say, bench.console
    with world.store() as store:
        rating = ask_grade(bench, preview(store.memory(card.id), world.day), world.day)
        if rating is None:
            console.print(f" {say('not_graded')}")
            return
        review = store.grade(card.id, rating, world.now(), hints=bench.attempt.hints)
    when = in_days(review.memory_after.due - review.day, say)
    console.print(f" {say('graded', card=card.id, rating=say(rating), when=when)}")
    if aside := bench.sheet.put_aside(world.day):
        bench.tell("kept_aside", path=aside)


def ask_grade(bench: Workbench, memories: dict[Rating, Memory], day: date) -> Rating | None:
    """The grade may be lowered, not raised; None to leave it ungraded."""
    from attnquiz.ui.workbench import GO_ON, LEAVE, show_keys

    say, attempt = bench.say, bench.attempt
    keys = [
        (key, f"{say(rating)} {in_days(memories[rating].due - day, say)}")
        for key, rating in GRADE_KEYS.items()
        if attempt.allows(rating)
    ]
    take = (say("space"), say("key_take", rating=say(attempt.suggested)))
    show_keys(bench.console, [*keys, take, ("q", say("leave_ungraded"))])
    while (key := bench.read_key(None)) not in LEAVE:
        rating = attempt.suggested if key in GO_ON else GRADE_KEYS.get(key or "")
        if rating is not None and attempt.allows(rating):
            return rating
        if rating is not None:
            bench.tell("not_earned")
    if key == "ctrl-c":
        raise KeyboardInterrupt
    return None


def in_days(ahead: timedelta, say: Speech) -> str:
    """There is no session to come back in: what is due again is due today."""
    return say("today") if ahead.days <= 0 else say.interval(ahead.days)
