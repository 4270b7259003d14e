"""From the command line to an exit code. Only the module of the command that was typed is imported."""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

from attnquiz import __version__
from attnquiz.cli.world import World, real_world
from attnquiz.errors import AttnquizError

# In the order in which help lists them.
COMMANDS = {
    "drill": "study",
    "show": "show",
    "run": "show",
    "code": "code",
    "verify": "verify",
    "list": "cards",
    "grade": "cards",
    "undo": "cards",
    "suspend": "cards",
    "resume": "cards",
    "reset": "cards",
    "lint": "verify",
    "bank": "banks",
    "config": "settings",
    "doctor": "doctor",
    "where": "settings",
}


def show_version(wanted: bool) -> None:
    if wanted:
        print(f"attnquiz {__version__}")
        raise typer.Exit


def top(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """Interview-prep flashcards on self-attention whose answers run."""


def build_app(argv: list[str], environment_asks_completion: bool) -> typer.Typer:
    """The whole program for help and completion; for one command, that command alone, which starts sooner."""
    app = typer.Typer(rich_markup_mode=None, no_args_is_help=False, pretty_exceptions_enable=False)
    app.callback(epilog="Example: attnquiz drill 4.7")(top)
    name = argv[0] if argv else ""
    alone = name in COMMANDS or name == "--version"
    names = [name] if alone and not environment_asks_completion else list(COMMANDS)
    for wanted in names:
        if module := COMMANDS.get(wanted):
            import_module(f"attnquiz.cli.{module}").add_command(app, wanted)
    return app


def main(argv: list[str], world: World | None = None) -> int:
    """Run a command line; the exit codes are 0 worked, 1 failed, 2 wrong command line, 130 interrupted."""
    if world is None:
        world = real_world()
        end_on_signals()
    try:
        if sys.stdout is None:
            raise AttnquizError("stdout is closed: there is nowhere to write to", "stdout 已关闭：没有地方可写")
        return run_command(argv or ["--help"], world)
    except AttnquizError as error:
        world.tell(f"attnquiz: {error.text(lang_of(world))}")
        return error.exit_code
    except TyperException as error:
        world.tell(f"attnquiz: {one_line(error.format_message())} See: attnquiz {help_for(argv)}")
        return error.exit_code
    except (KeyboardInterrupt, Abort):
        return 130
    except BrokenPipeError:
        close_output()
        return 1
    except OSError as error:
        world.tell(
            f"attnquiz: {error.strerror or error}: {error.filename or 'output'}; nothing that was graded is lost"
        )
        close_output()
        return 1
    except Exception:
        return report_defect(world)


def close_output() -> None:
    """Nobody reads it any more: what is still buffered must not fail again when Python ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def end_on_signals() -> None:
    """A signal that ends the program ends it through its `finally`s, so that the terminal is left as it was found."""
    for name in ("SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            signal.signal(number, leave)


def leave(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def run_command(argv: list[str], world: World) -> int:
    app = build_app(argv, "_ATTNQUIZ_COMPLETE" in world.environment)
    command = typer.main.get_command(app)
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    code = command.main(args=argv, prog_name="attnquiz", standalone_mode=False, obj=world)
    world.stdout.flush()
    return code if isinstance(code, int) else 0


def lang_of(world: World) -> str:
    """Never fails: the config itself may be what is broken."""
    try:
        return world.lang
    except AttnquizError:
        return "en"


def one_line(message: str) -> str:
    text = " ".join(message.split())
    return text if text.endswith((".", "?", "!")) else text + "."


def help_for(argv: list[str]) -> str:
    return f"{argv[0]} --help" if argv and argv[0] in COMMANDS else "--help"


def report_defect(world: World) -> int:
    """Our own mistake: say so in one line and keep the traceback where it can be sent from."""
    text = traceback.format_exc()
    if world.environment.get("ATTNQUIZ_DEBUG") == "1":
        world.tell(text)
        return 1
    last = text.strip().splitlines()[-1]
    path = world.paths.home / "crash.txt"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        where = f"the traceback is in {path}"
    except OSError:
        where = "run again with ATTNQUIZ_DEBUG=1 to see the traceback"
    world.tell(f"attnquiz: a defect of attnquiz, please report it: {last[:200]}; {where}")
    return 1
