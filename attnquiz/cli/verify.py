"""`verify` and `lint`: does every claim hold, is every bank in form."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from attnquiz.cli.demos import demo_of, questions_with_demos
from attnquiz.cli.options import JsonOption, LangOption, Refs
from attnquiz.cli.world import World
from attnquiz.content.lint import Problem, check_collection
from attnquiz.content.refs import find_questions
from attnquiz.ui.messages import Speech


def add_command(app: typer.Typer, name: str) -> None:
    if name == "verify":
        app.command(name, epilog="Example: attnquiz verify 4.1 --seeds 2")(verify)
    else:
        app.command(name, epilog="Example: attnquiz lint --complete")(lint)


def verify(
    context: typer.Context,
    refs: Refs = None,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=1000, metavar="N", help="Run each demo under N seeds.")
    ] = 1,
    jobs: Annotated[int | None, typer.Option("-j", "--jobs", min=1, max=256, help="Demos at a time.")] = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Run every demo and check every claim."""
    from attnquiz.run.verify import verify as run_all

    world: World = context.obj
    questions = questions_with_demos(find_questions(world.collection(), refs or []))
    questions = [question for question in questions if world.may_run(question)]
    demos = [demo for question in questions if (demo := demo_of(question))]
    ids = [demo.id for demo in demos]
    started = time.monotonic()
    runs = run_all(demos, seeds=seeds, jobs=jobs, python=world.python)
    if as_json:
        done = sorted(runs, key=lambda run: (ids.index(run.id), run.seed))
    else:
        from attnquiz.ui.verify import show_verification

        done = show_verification(world.console(), runs, ids, seeds, Speech(world.lang), world.stderr)
    ok = all(run.ok for run in done)
    if as_json:
        rows = [run.as_json() for run in done]
        world.print_json({"ok": ok, "seconds": round(time.monotonic() - started, 3), "demos": rows})
    if not ok:
        raise typer.Exit(1)


def lint(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Folders that hold questions/ and answers/.")
    ] = None,
    complete: Annotated[bool, typer.Option("--complete", help="Demand everything of a finished question.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Validate banks and what they link to."""
    world: World = context.obj
    problems = [problem for folder in folders(world, paths) for problem in check(folder, complete)]
    if as_json:
        world.print_json({"ok": not problems, "problems": [problem_json(problem) for problem in problems]})
    else:
        for problem in problems:
            print(
                f"{problem.file}:{problem.line}:{problem.column}: {problem.message} [{problem.code}]", file=world.stdout
            )
        say = Speech(world.lang)
        world.tell(say("lint_problems", n=len(problems)) if problems else say("lint_ok"))
    if problems:
        raise typer.Exit(1)


def folders(world: World, paths: list[Path] | None) -> list[tuple[Path, Path]]:
    """The questions and answers of each folder named; the bundled ones when none is."""
    if not paths:
        return [(world.paths.questions, world.paths.answers)]
    return [(path / "questions", path / "answers") for path in paths]


def check(folder: tuple[Path, Path], complete: bool) -> list[Problem]:
    from attnquiz.run.demo import lint_demo

    def check_demo(source: str, path: str) -> list[tuple[int, int, str, str]]:
        return lint_demo(source, Path(path))

    return check_collection(*folder, complete=complete, check_demo=check_demo)


def problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "file": str(problem.file),
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "message": problem.message,
    }
