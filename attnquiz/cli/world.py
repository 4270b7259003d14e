"""The one place that asks for the real clock, home, terminal and environment, and hands them down."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, TextIO

from attnquiz.content.load import load_collection
from attnquiz.content.model import Collection
from attnquiz.errors import StateError
from attnquiz.memory.days import study_day
from attnquiz.memory.store import Store
from attnquiz.paths import Paths, find_paths

if TYPE_CHECKING:
    from rich.console import Console


def real_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class World:
    """What a command may use of the world outside; a test hands in its own."""

    environment: Mapping[str, str]
    now: Callable[[], datetime] = real_now
    zone: tzinfo | None = None  # None is the system's local time
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    lang_asked: str | None = None

    @cached_property
    def paths(self) -> Paths:
        return find_paths(self.environment)

    @cached_property
    def config(self) -> dict[str, str]:
        return read_config(self.paths)

    @property
    def lang(self) -> str:
        """The --lang given, else the config's, else the locale's: `zh*` is zh, everything else en."""
        return self.lang_asked or self.config.get("lang") or locale_lang(self.environment)

    @property
    def day(self) -> date:
        return self.day_of(self.now())

    def day_of(self, at: datetime) -> date:
        return study_day(at, self.zone)

    @property
    def python(self) -> str:
        """The interpreter that runs demos."""
        return self.config.get("python") or sys.executable

    def collection(self) -> Collection:
        return load_collection(self.paths.questions, self.paths.answers, self.paths.index)

    def store(self) -> Store:
        return Store.open(self.paths.database, self.zone)

    @property
    def interactive(self) -> bool:
        return sys.stdin.isatty() and self.stdout.isatty()

    def console(self) -> Console:
        """For stdout: colours on a terminal, plain text in a pipe."""
        from rich.console import Console

        return Console(file=self.stdout, highlight=False, markup=False, emoji=False, soft_wrap=False)

    def tell(self, message: str) -> None:
        """One line of conversation, on stderr."""
        print(message, file=self.stderr)

    def print_json(self, value: object) -> None:
        print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False), file=self.stdout)


def real_world() -> World:
    return World(environment=dict(os.environ))


def locale_lang(environment: Mapping[str, str]) -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return system_lang() if sys.platform in ("win32", "darwin") else "en"


def system_lang() -> str:
    import locale

    name = locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def read_config(paths: Paths) -> dict[str, str]:
    try:
        value = json.loads(paths.config.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise StateError(
            f"{paths.config}: the config cannot be read ({error}); mend the file or delete it",
            f"{paths.config}：配置文件读不了（{error}）；请修好或删掉它",
        ) from error
    if not isinstance(value, dict) or not all(isinstance(given, str) for given in value.values()):
        raise StateError(
            f"{paths.config}: the config must be a JSON object of strings; mend the file or delete it",
            f"{paths.config}：配置文件必须是一个值全为字符串的 JSON 对象；请修好或删掉它",
        )
    return value
