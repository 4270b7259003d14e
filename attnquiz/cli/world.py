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
from attnquiz.content.model import Collection, Question
from attnquiz.errors import AttnquizError, StateError
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
        """The bundled banks and the user's own."""
        bundled = load_collection(self.paths.questions, self.paths.answers, self.paths.index)
        if not self.paths.banks.exists():
            return bundled
        from attnquiz.content.shelf import load_shelf, with_own

        return with_own(bundled, load_shelf(self.paths.banks))

    def may_run(self, question: Question) -> bool:
        """Says on stderr why not."""
        try:
            self.refuse_untrusted(question)
        except AttnquizError as error:
            self.tell(f"attnquiz: {error.text(self.lang)}")
            return False
        return True

    def refuse_untrusted(self, question: Question) -> None:
        """Raise unless the code of the question may run."""
        if ":" not in question.id:
            return
        from attnquiz.content.shelf import load_shelf, may_run

        own = may_run(load_shelf(self.paths.banks), question)
        if own is not None:
            raise AttnquizError(
                f"{question.id}: the code of {own.name} is not trusted as it is; see: attnquiz bank trust {own.name}",
                f"{question.id}：{own.name} 的代码未受信任，或已改动；请看：attnquiz bank trust {own.name}",
            )

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
