"""The demos of questions, and what runs them."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING

from attnquiz.cli.world import World
from attnquiz.content.model import Question
from attnquiz.errors import AttnquizError
from attnquiz.run.demo import Demo, load_demo
from attnquiz.run.limits import Limits
from attnquiz.run.runner import RunningDemo, start_demo

if TYPE_CHECKING:
    from attnquiz.run.warm import Spares


def demo_of(question: Question) -> Demo | None:
    """To be read; what may run comes from `DemoRunner.start`."""
    path = question.demo_path
    return None if path is None else load_demo(path, question.id)


def questions_with_demos(questions: Iterable[Question]) -> list[Question]:
    """Questions without one are passed over; no demo at all is an error."""
    asked = list(questions)
    found = [question for question in asked if question.demo_path is not None]
    if not found:
        names = ", ".join(question.id for question in asked)
        raise AttnquizError(
            f"no demo yet: {names}; attnquiz list shows what is written",
            f"{names} 还没有演示；attnquiz list 列出已写好的",
        )
    return found


class DemoRunner:
    """Starts demos for one command: at once in an interpreter that was warmed before, else cold."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.python = world.python
        self.environment = world.environment
        self.limits = Limits()
        self.spares: Spares | None = None

    def warm(self) -> None:
        """Begin to load torch in the background; call it when a demo is near."""
        from attnquiz.run.warm import Spares

        if self.spares is None:
            self.spares = Spares(self.python, self.environment, self.limits)
        self.spares.renew()

    def start(self, question: Question) -> RunningDemo:
        """Raises where the question's code is not trusted, or is no demo."""
        self.world.refuse_untrusted(question)
        demo = demo_of(question)
        assert demo is not None, question.id
        return self.start_own(demo)

    def start_own(self, demo: Demo) -> RunningDemo:
        """One that is known to be trusted, or the user's own copy."""
        return start_demo(demo, python=self.python, limits=self.limits, env=self.environment, warm=self.spares)

    def __enter__(self) -> DemoRunner:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End what was kept warm."""
        if self.spares is not None:
            self.spares.close()
