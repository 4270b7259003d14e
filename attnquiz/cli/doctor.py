"""`doctor`: what is wrong with the installation or the state, and what mends it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import typer

from attnquiz.cli.options import JsonOption, LangOption
from attnquiz.cli.world import World
from attnquiz.errors import AttnquizError

ASK_S = 20.0
HAS_TORCH = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)"


class Finding(NamedTuple):
    """One thing that was looked at; `mend` says what to do where it is not ok."""

    check: str
    ok: bool
    says: str
    mend: str = ""


def add_command(app: typer.Typer, name: str) -> None:
    app.command(name, epilog="Example: attnquiz doctor")(doctor)


def doctor(context: typer.Context, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Look at everything that attnquiz needs."""
    world: World = context.obj
    findings = [*look_at_home(world), *look_at_state(world), *look_at_banks(world), *look_at_torch(world)]
    if as_json:
        world.print_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            print(f"{'✓' if finding.ok else '✗'} {finding.check}: {finding.says}", file=world.stdout)
            if finding.mend:
                print(f"  → {finding.mend}", file=world.stdout)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def look_at_home(world: World) -> Iterator[Finding]:
    home = world.paths.home
    near = next(path for path in (home, *home.parents) if path.exists())
    ok = near.is_dir() and os.access(near, os.W_OK)
    yield Finding("home", ok, str(home), "" if ok else "make it writable, or set ATTNQUIZ_HOME to another folder")


def look_at_state(world: World) -> Iterator[Finding]:
    try:
        with world.store() as store:
            yield Finding("reviews", True, f"{len(store.reviews())} in {world.paths.database}")
    except AttnquizError as error:
        yield Finding("reviews", False, error.text(world.lang), "restore a copy from backups/ or move the file aside")


def look_at_banks(world: World) -> Iterator[Finding]:
    try:
        collection = world.collection()
    except AttnquizError as error:
        yield Finding("banks", False, error.text(world.lang), "attnquiz lint shows every problem")
        return
    written = sum(not question.draft for question in collection.questions)
    yield Finding("banks", True, f"{written} of {len(collection.questions)} questions written, {world.paths.questions}")


def look_at_torch(world: World) -> Iterator[Finding]:
    if has_torch(world.python):
        from attnquiz.run.limits import describe_limits

        yield Finding("torch", True, world.python)
        yield Finding("limits", True, describe_limits(world.python, env=world.environment).text(world.lang))
        return
    found = find_python_with_torch(world)
    mend = f"attnquiz config set python {found}" if found else 'pip install "attnquiz[torch]"'
    yield Finding("torch", False, f"not in {world.python}", mend)


def find_python_with_torch(world: World) -> str | None:
    """An interpreter that the user is likely to mean: of an environment that is active, or first on the path."""
    folder, name = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    active = [world.environment.get(variable) for variable in ("VIRTUAL_ENV", "CONDA_PREFIX")]
    candidates = [str(Path(prefix, folder, name)) for prefix in active if prefix]
    candidates += [
        found for name in ("python3", "python") if (found := shutil.which(name, path=world.environment.get("PATH", "")))
    ]
    return next((python for python in candidates if python != world.python and has_torch(python)), None)


def has_torch(python: str) -> bool:
    """Without importing it, which would take seconds."""
    try:
        return subprocess.run([python, "-c", HAS_TORCH], capture_output=True, timeout=ASK_S).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
