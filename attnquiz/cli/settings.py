"""`where` and `config`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Annotated

import typer

from attnquiz.cli.options import JsonOption, LangOption
from attnquiz.cli.world import World
from attnquiz.errors import StateError, UsageError

# What may be set, and what makes a value right.
KEYS = {
    "lang": "en or zh",
    "python": "the interpreter that has torch and runs the demos",
}


def add_command(app: typer.Typer, name: str) -> None:
    if name == "where":
        app.command(name, epilog="Example: attnquiz where")(where)
    else:
        group = typer.Typer(rich_markup_mode=None, help="Read and change the config.", no_args_is_help=True)
        group.command("list", epilog="Example: attnquiz config list")(config_list)
        group.command("get", epilog="Example: attnquiz config get lang")(config_get)
        group.command("set", epilog="Example: attnquiz config set lang zh")(config_set)
        app.add_typer(group, name="config")


def where(context: typer.Context, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Print every path in use."""
    world: World = context.obj
    paths = {name: str(path) for name, path in asdict(world.paths).items()} | {"python": world.python}
    if as_json:
        world.print_json(paths)
        return
    for name, path in paths.items():
        print(f"{name:10} {path}", file=world.stdout)


def config_list(context: typer.Context, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Every key with its value."""
    world: World = context.obj
    values = {key: world.config.get(key) for key in KEYS}
    if as_json:
        world.print_json(values)
        return
    for key, value in values.items():
        print(f"{key:8} {'-' if value is None else value:24} {KEYS[key]}", file=world.stdout)


def config_get(
    context: typer.Context, key: Annotated[str, typer.Argument(metavar="KEY")], lang: LangOption = None
) -> None:
    """Print one value; nothing when it is not set."""
    world: World = context.obj
    value = world.config.get(known(key))
    if value is not None:
        print(value, file=world.stdout)


def config_set(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY")],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Empty to unset.")],
    lang: LangOption = None,
) -> None:
    """Set one value, or unset it with an empty one."""
    world: World = context.obj
    check_value(known(key), value)
    write_config(world, {name: given for name, given in {**world.config, key: value}.items() if given})


def known(key: str) -> str:
    if key not in KEYS:
        names = ", ".join(KEYS)
        raise UsageError(f"no config key {key!r}; there are: {names}", f"没有配置项 {key!r}；可用：{names}")
    return key


def check_value(key: str, value: str) -> None:
    import shutil

    if key == "lang" and value not in ("", "en", "zh"):
        raise UsageError(f"lang is en or zh, not {value!r}", f"lang 只能是 en 或 zh，不能是 {value!r}")
    if key == "python" and value and shutil.which(value) is None:
        raise UsageError(f"python {value!r} is no program that can be run", f"python {value!r} 不是可以运行的程序")


def write_config(world: World, values: dict[str, str]) -> None:
    path = world.paths.config
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps(values, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise StateError(
            f"{path}: the config cannot be written ({error.strerror}); nothing was changed",
            f"{path}：配置写不进去（{error.strerror}）；什么都没有改",
        ) from error
