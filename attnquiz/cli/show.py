"""`show` and `run`: an answer to read, a demo to watch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from attnquiz.cli.demos import DemoRunner, demo_of, questions_with_demos
from attnquiz.cli.doctor import find_python_with_torch
from attnquiz.cli.options import JsonOption, LangOption, Ref
from attnquiz.cli.world import World
from attnquiz.content.model import Point, Question, Reference
from attnquiz.content.refs import find_questions
from attnquiz.errors import AttnquizError, UsageError
from attnquiz.run.demo import Demo, load_demo
from attnquiz.run.events import Run
from attnquiz.ui.messages import Speech

if TYPE_CHECKING:
    from attnquiz.session.sheet import Sheet
    from attnquiz.ui.show import Presenter


def add_command(app: typer.Typer, name: str) -> None:
    if name == "show":
        app.command(name, epilog="Example: attnquiz show 4.7 --no-run")(show)
    else:
        app.command(name, epilog="Example: attnquiz run 4.1.3")(run)


def show(
    context: typer.Context,
    ref: Ref,
    no_run: Annotated[bool, typer.Option("--no-run", help="Show the demo's code without running it.")] = False,
    step: Annotated[bool, typer.Option("--step", help="Wait for a key before each cell of the demo.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """A question, its answer, points and follow-ups, and its demo running cell by cell."""
    world: World = context.obj
    questions = find_questions(world.collection(), ref)
    if as_json:
        rows = [question_json(world, question, run=not no_run) for question in questions]
        world.print_json(rows)
        failed = any(row["demo"] and row["demo"].get("run", {"ok": True})["ok"] is False for row in rows)
    else:
        failed = not show_questions(world, questions, no_run, step)
    if failed:
        raise typer.Exit(1)


def show_questions(world: World, questions: Sequence[Question], no_run: bool, step: bool) -> bool:
    """False if a demo failed or could not run."""
    from attnquiz.ui.show import Presenter

    if step and not world.interactive:
        raise UsageError(
            "show --step waits for keys and needs a terminal; leave --step out here",
            "show --step 要等按键，需要终端；这里请去掉 --step",
        )
    presenter = Presenter(world.console(), Speech(world.lang))
    runs = []
    with DemoRunner(world) as runner:
        for question in questions:
            presenter.show_question(question)
            demo = demo_of(question)
            if demo is None:
                continue
            if no_run:
                presenter.show_code(demo)
            elif step:
                world.refuse_untrusted(question)
                runs.append(step_through(presenter, demo, runner))
            else:
                with runner.start(question) as running:
                    runs.append(tell_failure(world, presenter.show_running(demo, running)))
                runner.warm()
    return all(run is None or run.ok for run in runs)


def tell_failure(world: World, run: Run) -> Run:
    """What kept a demo from its end, on stderr."""
    if run.failure is not None:
        world.tell(f"attnquiz: {run.failure.message.text(world.lang)}")
        if run.failure.reason == "torch" and (python := find_python_with_torch(world)):
            world.tell(Speech(world.lang)("other_python", python=python))
    return run


def step_through(presenter: Presenter, demo: Demo, runner: DemoRunner) -> Run | None:
    from attnquiz.session.sheet import Sheet
    from attnquiz.ui.keys import open_keyboard
    from attnquiz.ui.step import Stepper

    sheet = Sheet(runner.world.paths.home / "code", f"{demo.id}/demo", demo.source)

    def change(line: int) -> Demo:
        edit_copy(runner.world, sheet, line)
        return load_demo(sheet.path, demo.id)

    sheet.put_aside(runner.world.day)  # a copy of another time
    with open_keyboard(sys.stdin.fileno()) as keyboard:
        return Stepper(presenter, demo, keyboard, runner.start_own, change).play()


def edit_copy(world: World, sheet: Sheet, line: int) -> None:
    from attnquiz.cli.editor import find_editor

    editor = find_editor(world)
    if editor is None:
        raise AttnquizError("no editor found: set VISUAL or EDITOR", "没有找到编辑器：请设置 VISUAL 或 EDITOR")
    sheet.begin()
    editor.open(sheet.path, line)


def run(
    context: typer.Context,
    ref: Ref,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Run the demo: its output as it is made, its claims at the end."""
    world: World = context.obj
    questions = questions_with_demos(find_questions(world.collection(), ref))
    with DemoRunner(world) as runner:
        runs = []
        for question in questions:
            runs.append(run_one(world, question, runner, as_json))
            if len(runs) < len(questions):
                runner.warm()
    if as_json:
        world.print_json([result.as_json() for result in runs])
    if not all(result.ok for result in runs):
        raise typer.Exit(1)


def run_one(world: World, question: Question, runner: DemoRunner, quietly: bool) -> Run:
    with runner.start(question) as running:
        if quietly:
            return running.wait()
        from attnquiz.ui.show import Presenter

        presenter = Presenter(world.console(), Speech(world.lang))
        presenter.show_heading(f"{question.id}  {running.demo.title}")
        return tell_failure(world, presenter.show_output(running))


def question_json(world: World, question: Question, run: bool) -> dict[str, Any]:
    return {
        "id": question.id,
        "section": question.section,
        "ask": {"en": question.ask.en, "zh": question.ask.zh},
        "answer": None if question.draft else {lang: question.answer(lang) for lang in ("en", "zh")},
        "points": [point_json(point) for point in question.points],
        "follow_ups": [
            {
                "id": f"{question.id}/f{at}",
                "ask": {"en": follow_up.ask.en, "zh": follow_up.ask.zh},
                "answer": {"en": follow_up.answer.en, "zh": follow_up.answer.zh},
            }
            for at, follow_up in enumerate(question.follow_ups, start=1)
        ],
        "refs": [reference_json(reference) for reference in question.refs],
        "demo": demo_json(world, question, run),
    }


def point_json(point: Point) -> dict[str, Any]:
    row = {"id": point.id, "en": point.words.en, "zh": point.words.zh}
    return row if point.claim is None else {**row, "claim": point.claim}


def reference_json(reference: Reference) -> dict[str, Any]:
    row = {"authors": reference.authors, "year": reference.year, "title": reference.title}
    ids = {"arxiv": reference.arxiv, "doi": reference.doi, "url": reference.url}
    return row | {name: value for name, value in ids.items() if value}


def demo_json(world: World, question: Question, run: bool) -> dict[str, Any] | None:
    demo = demo_of(question)
    if demo is None:
        return None
    cells = [{"kind": cell.kind, "line": cell.line, "source": cell.source} for cell in demo.cells]
    row: dict[str, Any] = {"path": str(demo.path), "cells": cells}
    if run:
        with DemoRunner(world).start(question) as running:
            row["run"] = running.wait().as_json()
    return row
