"""The demos of questions."""

from __future__ import annotations

from collections.abc import Iterable

from attnquiz.content.model import Question
from attnquiz.errors import AttnquizError
from attnquiz.run.demo import Demo, load_demo


def demo_of(question: Question) -> Demo | None:
    path = question.demo_path
    return None if path is None else load_demo(path, question.id)


def demos_of(questions: Iterable[Question]) -> list[Demo]:
    """Questions without one are passed over; no demo at all is an error."""
    questions = list(questions)
    demos = [demo for question in questions if (demo := demo_of(question))]
    if not demos:
        names = ", ".join(question.id for question in questions)
        raise AttnquizError(
            f"no demo yet: {names}; attnquiz list shows what is written",
            f"{names} 还没有演示；attnquiz list 列出已写好的",
        )
    return demos
