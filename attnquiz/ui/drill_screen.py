"""The drill as a picture: a header, the question and what was asked of it, a footer with the keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from attnquiz.memory.schedule import RATINGS
from attnquiz.session.drill import Drill
from attnquiz.session.state import Panel, Phase
from attnquiz.ui.inline import inline_text
from attnquiz.ui.messages import Speech
from attnquiz.ui.paint import Hanging, Indented, Painter, flow, rule, spread, stack

if TYPE_CHECKING:
    from attnquiz.ui.demo_log import DemoLog

FOOTER_LINES = 3
LABELS = {"r": "key_run", "c": "key_code", "f": "key_follow_ups"}


@dataclass(slots=True)
class View:
    """What the screen knows beside the drill: how far it is scrolled, and the demo that ran."""

    say: Speech
    painter: Painter
    titles: dict[str, str]
    top: int = 0
    follow_end: bool = False
    most_top: int = 0
    log: DemoLog | None = None
    running: bool = False
    note: str = ""
    body_key: tuple[object, ...] = ()
    body: list[str] = field(default_factory=list)

    def scroll(self, key: str, page: int) -> bool:
        """Take a scrolling key; False if it is another key."""
        steps = {"up": -1, "k": -1, "down": 1, "j": 1, "page-up": 1 - page, "page-down": page - 1,
                 "home": -self.most_top, "end": self.most_top}  # fmt: skip
        if key not in steps:
            return False
        self.top = max(0, min(self.most_top, self.top + steps[key]))
        self.follow_end = self.running and self.top == self.most_top
        return True

    def new_card(self) -> None:
        self.top, self.log, self.follow_end = 0, None, False


def draw_screen(drill: Drill, view: View, width: int, height: int) -> list[str]:
    """Exactly `height` lines, each at most `width` cells."""
    head = [*view.painter.lines(header(drill, view, width), width), ""]
    foot = view.painter.lines(stack(rule(width), *footer(drill, view, width)), width)
    room = max(1, height - len(head) - len(foot))
    body = body_lines(drill, view, width)
    view.most_top = max(0, len(body) - room)
    view.top = view.most_top if view.follow_end else min(view.top, view.most_top)
    shown = body[view.top : view.top + room]
    shown += [""] * (room - len(shown))
    if view.top < view.most_top:
        foot[0] = view.painter.lines(more_rule(view, width), width)[0]
    return [*head, *shown, *foot][:height]


def more_rule(view: View, width: int) -> Text:
    line = rule(max(0, width - 12))
    line.append(f" {view.say('more_below')} ", style="bold")
    line.append("─" * max(0, width - line.cell_len), style="dim")
    return line


def header(drill: Drill, view: View, width: int) -> Text:
    card = drill.card
    left = Text(no_wrap=True)
    left.append(f" {card.section} {view.titles.get(card.section, '')}", style="bold")
    done, left_over = len(drill.graded), len(drill.queue)
    right = Text(no_wrap=True)
    right.append(view.say("progress", done=done, left=left_over) + "  ", style="dim")
    right.append_text(progress_bar(done, done + left_over, min(20, width // 5)))
    right.append(" ")
    return spread(left, right, width)


def progress_bar(done: int, total: int, width: int) -> Text:
    filled = round(width * done / total) if total else width
    return Text.assemble(("━" * filled, "green"), ("─" * (width - filled), "dim"))


def body_lines(drill: Drill, view: View, width: int) -> list[str]:
    """Rendered once for each thing that can change it."""
    seen = drill.seen
    length = len(view.log.parts) if view.log else 0
    made = frozenset(seen.made) if seen.made is not None else None
    key = (drill.card.id, len(drill.graded), seen.phase, seen.panel, seen.hint_shown, seen.typed, seen.ticking, made,
           width, length if not view.running else object())  # fmt: skip
    if key != view.body_key:
        view.body_key = key
        view.body = view.painter.lines(body(drill, view, width), width)
    return view.body


def body(drill: Drill, view: View, width: int) -> RenderableType:
    seen = drill.seen
    if seen.phase is Phase.ASK and seen.panel is Panel.ANSWER:
        return question_part(drill, view)
    from attnquiz.ui import panels  # with the Markdown stack: it is loaded while the user reads the question

    if seen.panel is Panel.HELP:
        return panels.help_panel(view.say)
    if seen.panel is Panel.INFO:
        return stack(question_part(drill, view, short=True), panels.info_panel(drill, view.say))
    question = question_part(drill, view, short=seen.panel is not Panel.ANSWER)
    if seen.panel is Panel.CODE:
        return stack(question, panels.code_panel(drill.card.question, width))
    if seen.panel is Panel.RUN:
        return stack(question, panels.run_panel(view.log, view.say, view.running))
    if seen.panel is Panel.FOLLOW_UPS:
        return stack(question, panels.follow_ups_panel(drill.card.question, view.say))
    return stack(question, panels.answer_panel(drill, view.say, width))


def question_part(drill: Drill, view: View, short: bool = False) -> RenderableType:
    """The question; `short` leaves out everything that is for answering it."""
    lang, seen, card = view.say.lang, drill.seen, drill.card
    ask = inline_text(card.ask.text(lang))
    ask.stylize("bold")
    if short:
        return stack(Indented(ask), Text(""))
    parts: list[RenderableType] = [Indented(card_line(drill, view.say)), Text("")]
    if card.kind == "follow_up":
        parent = inline_text(card.question.ask.text(lang))
        parent.stylize("dim")
        parts += [Indented(parent), Text("")]
    parts += [Indented(ask), Text("")]
    if drill.wants_code and seen.phase is Phase.ASK:
        from attnquiz.ui import panels

        return stack(*parts, panels.prompt_panel(card, lang))
    if seen.hint_shown and card.question.hint is not None:
        hint = inline_text(card.question.hint.text(lang))
        parts += [Indented(Hanging(Text(view.say("hint") + "  ", style="bold yellow"), hint)), Text("")]
    if seen.phase is Phase.ASK:
        parts.append(Indented(Text(view.say("say_it"), style="dim")))
    return stack(*parts)


def card_line(drill: Drill, say: Speech) -> Text:
    """`4.1.3  ●●○○○  new`."""
    memory, card = drill.memory, drill.card
    level = card.question.difficulty
    line = Text.assemble((card.id, "cyan"), "  ", ("●" * level, "yellow"), ("○" * (5 - level), "dim"), "  ")
    line.append(say(memory.state if memory else "new"), style="dim")
    if card.kind == "follow_up":
        line.append("  " + say("follow_up_of", id=card.question.id), style="dim")
    return line


def footer(drill: Drill, view: View, width: int) -> list[Text]:
    """The keys that do something now, and the last note. Always FOOTER_LINES lines, so that nothing jumps."""
    items = [Text.assemble((key, "bold"), f" {label}") for key, label in footer_keys(drill, view)]
    lines = [Text(" ").append_text(line) for line in flow(items, width - 2, most_lines=FOOTER_LINES - 1)]
    lines += [Text("")] * (FOOTER_LINES - 1 - len(lines))
    note = view.note or (view.say(drill.note) if drill.note else "")
    last = Text(f" {note}", style="yellow", no_wrap=True, overflow="ellipsis")
    return [*lines, last]


def footer_keys(drill: Drill, view: View) -> list[tuple[str, str]]:
    say, seen = view.say, drill.seen
    if seen.panel is Panel.HELP:
        return [("", say("key_any"))]
    if seen.ticking:
        return [(f"1-{len(drill.points)}", say("key_tick"))]
    if view.running:
        return [("Ctrl-C", say("key_stop")), ("↑↓", say("key_scroll"))]
    if seen.phase is Phase.ASK and drill.wants_code:
        keys = [("c", "short_write"), ("space", "short_solution"), ("s", "skip"), ("?", "key_help"), ("q", "key_quit")]
        return [(say("space") if key == "space" else key, say(label)) for key, label in keys]
    if seen.phase is Phase.ASK:
        return [(say("space"), say("key_space")), ("t", say("key_type")), ("h", say("key_hint")),
                ("s", say("skip")), ("?", say("key_help")), ("q", say("key_quit"))]  # fmt: skip
    return [*grade_keys(drill, say), *answer_keys(drill, say)]


def grade_keys(drill: Drill, say: Speech) -> list[tuple[str, str]]:
    intervals = drill.intervals
    keys = [
        (str(at), f"{say(rating)} {say.interval((intervals[rating].due - drill.day).days)}")
        for at, rating in enumerate(RATINGS, start=1)
        if not drill.wants_code or drill.allows(rating)
    ]
    return [*keys, (say("space"), say("key_take", rating=say(drill.suggested)))]


def answer_keys(drill: Drill, say: Speech) -> list[tuple[str, str]]:
    keys = [("c", "write")] if drill.wants_code else []
    keys += [("r", "run"), ("c", "code")] if drill.has_demo else []
    keys += [("f", "follow_ups")] if drill.card.question.follow_ups else []
    keys += [("p", "tick")] if drill.points else []
    shown = [(key, say("short_" + label)) for key, label in keys]
    return [*shown, ("u", say("short_undo")), ("↑↓", say("key_scroll")), ("?", say("key_help"))]
