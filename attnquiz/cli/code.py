"""`code`: an exercise or a bug, in the user's editor, judged on save."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attnquiz.cli.editor import find_editor
from attnquiz.cli.options import JsonOption, LangOption
from attnquiz.cli.world import World
from attnquiz.content.model import Card
from attnquiz.content.refs import find_card, normalise_ref
from attnquiz.errors import AttnquizError, UsageError
from attnquiz.judge.exercise import Exercise, load_exercise
from attnquiz.judge.verdict import Judge, judge
from attnquiz.session.drill import GRADE_KEYS
from attnquiz.ui.messages import Speech

if TYPE_CHECKING:
    from attnquiz.session.attempt import Attempt
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
    card = find_code_card(world, ref)
    exercise = exercise_of(card)
    if not solution and not reset:
        world.refuse_untrusted(card.question)
    if check is not None:
        check_file(world, card, exercise, check, as_json)
    elif solution:
        print_solution(world, exercise)
    elif reset:
        reset_sheet(world, card, exercise)
    else:
        work(world, card, exercise, watch)


def find_code_card(world: World, ref: str) -> Card:
    """`4.7.1` is `4.7.1/code`."""
    plain = normalise_ref(ref)
    return find_card(world.collection(), plain if "/" in plain else f"{plain}/code")


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


def print_solution(world: World, exercise: Exercise) -> None:
    from attnquiz.ui.code import code_lines

    world.console().print(code_lines(exercise.solution))


def reset_sheet(world: World, card: Card, exercise: Exercise) -> None:
    sheet = sheet_of(world, card, exercise)
    aside = sheet.put_aside(world.day)
    sheet.begin()
    world.console().print(Speech(world.lang)("kept_aside", path=aside), soft_wrap=True)


def sheet_of(world: World, card: Card, exercise: Exercise) -> Sheet:
    from attnquiz.session.sheet import Sheet

    bug = exercise.bugs[card.index - 1] if card.kind == "bug" and card.index else None
    return Sheet(world.paths.home / "code", card.id, bug.code() if bug else exercise.stub)


def work(world: World, card: Card, exercise: Exercise, watch: bool) -> None:
    """Edit and judge, then grade. The grade may be lowered, not raised."""
    if not world.interactive:
        raise UsageError(
            f"code needs a terminal; without one, judge a file with: attnquiz code {card.id} --check FILE",
            f"code 需要终端；没有终端时可用 attnquiz code {card.id} --check 文件 来评判",
        )
    with Judge(world.python) as referee:
        bench = open_workbench(world, card, exercise, referee)
        if watch:
            bench.sheet.begin()
            bench.watch()
            return
        attempt = bench.play()
    if attempt.tries:
        grade(world, card, bench, attempt)


def open_workbench(world: World, card: Card, exercise: Exercise, referee: Judge) -> Workbench:
    from attnquiz.ui.workbench import Workbench

    editor = find_editor(world)
    if editor is None:
        raise AttnquizError(
            f"no editor found: set VISUAL or EDITOR, or use: attnquiz code {card.id} --check FILE",
            f"没有找到编辑器：请设置 VISUAL 或 EDITOR，或用 attnquiz code {card.id} --check 文件",
        )
    sheet = sheet_of(world, card, exercise)
    say = Speech(world.lang)
    return Workbench(exercise, sheet, referee, editor, world.console(), say, read_key, world.day)


def read_key(timeout_s: float | None) -> str | None:
    from attnquiz.ui.keys import open_keyboard

    with open_keyboard(sys.stdin.fileno()) as keyboard:
        return keyboard.read(timeout_s)


def grade(world: World, card: Card, bench: Workbench, attempt: Attempt) -> None:
    say, console = bench.say, bench.console
    console.print(say("confirm_grade", suggested=say(attempt.suggested), highest=say(attempt.highest)))
    key = read_key(None)
    rating = attempt.suggested if key in ("space", "enter") else GRADE_KEYS.get(key or "")
    if rating is None or not attempt.allows(rating):
        console.print(say("not_graded"))
        return
    with world.store() as store:
        review = store.grade(card.id, rating, world.now(), hints=attempt.hints)
    bench.sheet.put_aside(world.day)
    days = (review.memory_after.due - review.day).days
    console.print(say("graded", card=card.id, rating=say(rating), when=say.interval(days)))
