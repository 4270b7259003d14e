"""`bank add|list|remove|trust`: the user's own banks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from attnquiz.cli.options import JsonOption, LangOption
from attnquiz.cli.world import World
from attnquiz.content.shelf import Own, add_own, code_of, find_own, load_shelf, save_shelf
from attnquiz.errors import UsageError

BankArgument = Annotated[str, typer.Argument(metavar="BANK", help="Its name or its folder.")]


def add_command(app: typer.Typer, name: str) -> None:
    group = typer.Typer(rich_markup_mode=None, help="Your own banks.", no_args_is_help=True)
    group.command("add", epilog="Example: attnquiz bank add ~/my-questions")(bank_add)
    group.command("list", epilog="Example: attnquiz bank list")(bank_list)
    group.command("remove", epilog="Example: attnquiz bank remove my-questions")(bank_remove)
    group.command("trust", epilog="Example: attnquiz bank trust my-questions --yes")(bank_trust)
    app.add_typer(group, name=name)


def bank_add(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A folder with questions/ and answers/.")],
    lang: LangOption = None,
) -> None:
    """Read a collection of your own; its code does not run before `bank trust`."""
    world: World = context.obj
    shelf = load_shelf(world.paths.banks)
    own = add_own(shelf, path)
    save_shelf(world.paths.banks, [*shelf, own])
    print(f"{own.name}  {own.path}", file=world.stdout)
    if count := len(code_of(own)):
        world.tell(f"{count} files of code; to let them run: attnquiz bank trust {own.name}")


def bank_list(context: typer.Context, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Your banks, and whether their code may run."""
    world: World = context.obj
    rows = [
        {"name": own.name, "path": str(own.path), "trusted": is_trusted(own)} for own in load_shelf(world.paths.banks)
    ]
    if as_json:
        world.print_json(rows)
        return
    for row in rows:
        state = "trusted" if row["trusted"] else "not trusted"
        print(f"{row['name']}  {row['path']}  {state}", file=world.stdout)


def is_trusted(own: Own) -> bool:
    return code_of(own).items() <= own.pinned.items()


def bank_remove(context: typer.Context, bank: BankArgument, lang: LangOption = None) -> None:
    """Forget a collection; its files and your reviews of it stay."""
    world: World = context.obj
    shelf = load_shelf(world.paths.banks)
    own = find_own(shelf, bank)
    save_shelf(world.paths.banks, [other for other in shelf if other != own])


def bank_trust(
    context: typer.Context,
    bank: BankArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Trust it without being asked.")] = False,
    lang: LangOption = None,
) -> None:
    """Show what would run, and let exactly that run from now on."""
    world: World = context.obj
    shelf = load_shelf(world.paths.banks)
    own = find_own(shelf, bank)
    code = code_of(own)
    for path, digest in code.items():
        mark = " " if own.pinned.get(path) == digest else "changed" if path in own.pinned else "new"
        print(f"{digest[:12]}  {mark:7}  {own.path / path}", file=world.stdout)
    if not yes and not agrees(world):
        raise typer.Exit(1)
    trusted = own._replace(pinned=code)
    save_shelf(world.paths.banks, [trusted if other == own else other for other in shelf])


def agrees(world: World) -> bool:
    if not world.interactive:
        raise UsageError(
            "bank trust asks before it lets code run; without a terminal give --yes",
            "bank trust 在放行代码之前要先问你；没有终端时请加 --yes",
        )
    print("Read these files. Let them run? [y/N] ", end="", file=world.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
