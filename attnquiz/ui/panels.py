"""What stands under the question in a drill: answer, code, run, follow-ups, info, help."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from attnquiz.content.model import Card, Point, Question, Reference
from attnquiz.errors import AttnquizError
from attnquiz.judge.exercise import Exercise, WrongFile, load_exercise
from attnquiz.memory.schedule import recall
from attnquiz.session.drill import Drill
from attnquiz.ui.cjk import CJKText
from attnquiz.ui.code import code_lines
from attnquiz.ui.demo_log import DemoLog
from attnquiz.ui.inline import inline_text
from attnquiz.ui.markdown import Markdown
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Hanging, Indented, rule, stack

HELP = [
    ("space enter", "key_space"), ("1 2 3 4", "key_grades"), ("t", "key_type"), ("h", "key_hint"), ("r", "key_run"),
    ("c", "key_code"), ("f", "key_follow_ups"), ("p", "key_points"), ("e", "key_edit"), ("i", "key_info"),
    ("↑ ↓ PgUp PgDn", "key_scroll"), ("u", "key_undo"), ("s", "key_skip"), ("-", "key_not_today"),
    ("@", "key_suspend"), ("?", "key_help"), ("q Ctrl-D", "key_quit"),
]  # fmt: skip


def answer_panel(drill: Drill, say: Speech, width: int) -> RenderableType:
    """The one-sentence answer and the points first, so that they are seen without scrolling; then the rest."""
    card, lang = drill.card, say.lang
    if drill.wants_code:
        return solution_panel(card, say)
    if card.kind == "follow_up" and card.index is not None:
        return stack(
            typed_part(drill, say), Indented(Markdown(card.question.follow_ups[card.index - 1].answer.text(lang)))
        )
    first, rest = split_answer(card.question.answer(lang))
    return stack(
        typed_part(drill, say),
        Indented(Markdown(first)),
        Text(""),
        Indented(points_part(drill, say)),
        Text(""),
        Indented(Markdown(rest)),
        Text(""),
        Indented(references_part(card.question.refs, say)),
    )


def prompt_panel(card: Card, lang: str) -> RenderableType:
    """What an exercise asks for; of a bug, the code that has it."""
    exercise = exercise_of(card)
    if bug := bug_of(card, exercise):
        return stack(find_bug_part(Speech(lang)), Indented(code_lines(bug.code())))
    return Indented(Markdown(exercise.prompt.text(lang)))


def find_bug_part(say: Speech) -> RenderableType:
    return stack(Indented(CJKText(say("find_bug"), style="yellow")), Text(""))


def solution_panel(card: Card, say: Speech) -> RenderableType:
    exercise = exercise_of(card)
    mistake = mistake_part(bug_of(card, exercise), say)
    title = Indented(Text(say("solution"), style="bold"))
    return stack(*([mistake, Text("")] if mistake else []), title, Indented(code_lines(exercise.solution)))


def mistake_part(wrong: WrongFile | None, say: Speech) -> RenderableType | None:
    if wrong is None or wrong.bug is None:
        return None
    return Indented(Hanging(Text(say("bug_was") + " ", style="bold"), CJKText(wrong.bug.text(say.lang))))


def bug_of(card: Card, exercise: Exercise) -> WrongFile | None:
    return exercise.bugs[card.index - 1] if card.kind == "bug" and card.index else None


def exercise_of(card: Card) -> Exercise:
    folder = card.question.exercise_path
    if folder is None:
        raise AttnquizError(f"{card.id}: its exercise is gone; start again", f"{card.id}：练习文件不见了；请重新开始")
    return load_exercise(folder)


def split_answer(source: str) -> tuple[str, str]:
    """The first section of an answer, and the others."""
    at = source.find("\n## ", 1)
    return (source, "") if at < 0 else (source[:at], source[at + 1 :])


def typed_part(drill: Drill, say: Speech) -> RenderableType | None:
    if drill.seen.typed is None:
        return None
    return stack(
        Indented(Text(say("you_wrote"), style="bold")),
        Indented(Text(drill.seen.typed, style="italic"), left=3),
        Text(""),
    )


def points_part(drill: Drill, say: Speech) -> RenderableType:
    made = drill.seen.made
    number = "bold" if drill.seen.ticking else "dim"
    lines = [
        Hanging(Text.assemble((f"{at} ", number), box(point, made), " "), point_text(point, say))
        for at, point in enumerate(drill.points, start=1)
    ]
    return stack(Text(say("points"), style="bold"), *lines)


def box(point: Point, made: set[str] | None) -> Text:
    if made is None:
        return Text("·", style="dim")
    return Text("[✓]", style="green") if point.id in made else Text("[ ]", style="yellow")


def point_text(point: Point, say: Speech) -> Text:
    text = inline_text(point.words.text(say.lang))
    if point.claim is not None:
        text.append("  " + say("proof", n=point.claim), style="dim")
    return text


def references_part(references: Sequence[Reference], say: Speech) -> RenderableType:
    lines = [Text(say("references"), style="bold")]
    lines += [reference_text(reference) for reference in references]
    return stack(*lines)


def reference_text(reference: Reference) -> Text:
    where = f"arXiv:{reference.arxiv}" if reference.arxiv else reference.doi or reference.url or ""
    line = f"{reference.authors} ({reference.year}). {reference.title}. {where}"
    return CJKText(line.strip(), style="dim")


def code_panel(question: Question, width: int) -> RenderableType:
    path = question.demo_path
    source = path.read_text(encoding="utf-8") if path else ""
    return Indented(code_lines(source))


def run_panel(log: DemoLog | None, say: Speech, running: bool) -> RenderableType:
    parts: list[RenderableType] = [log.renderable()] if log else []
    if running:
        parts.append(Indented(Text(say("running"), style="dim")))
    return stack(*parts)


def follow_ups_panel(question: Question, say: Speech) -> RenderableType:
    parts: list[RenderableType] = []
    for at, follow_up in enumerate(question.follow_ups, start=1):
        ask = inline_text(follow_up.ask.text(say.lang))
        ask.stylize("bold")
        parts += [
            Indented(Hanging(Text(f"f{at} ", style="cyan"), ask)),
            Indented(Markdown(follow_up.answer.text(say.lang)), left=4),
        ]
        parts.append(Text(""))
    return stack(*parts)


def info_panel(drill: Drill, say: Speech) -> RenderableType:
    card, memory = drill.card, drill.memory
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_row(say("state"), say(memory.state if memory else "new"))
    if memory is not None:
        days = (memory.due - drill.day).days
        table.add_row(say("due"), say("today") if days <= 0 else f"{memory.due} ({say.interval(days)})")
        table.add_row(say("recall"), f"{recall(memory, drill.day):.0%}")
        table.add_row(say("stability"), say("days", n=f"{memory.stability:.1f}"))
        table.add_row(say("difficulty"), f"{memory.difficulty:.1f} / 10")
        table.add_row(say("reviews"), str(memory.reviews))
        table.add_row(say("lapses"), str(memory.lapses))
    table.add_row(say("asked"), "▮" * card.question.weight + "▯" * (4 - card.question.weight))
    table.add_row(say("tags"), ", ".join(card.question.tags))
    return Indented(table)


def help_panel(say: Speech) -> RenderableType:
    table = Table.grid(padding=(0, 3, 0, 0))
    for keys, label in HELP:
        text = say(label)
        table.add_row(Text(keys, style="bold"), text)
    return Indented(stack(rule(0), table))
