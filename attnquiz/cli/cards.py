"""`list`, `grade`, `undo`, `suspend`, `resume`, `reset`: cards and their reviews without a session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from attnquiz.cli.options import CardArgument, JsonOption, LangOption, Refs
from attnquiz.cli.world import World
from attnquiz.content.model import Card
from attnquiz.content.refs import find_card, find_cards
from attnquiz.errors import AttnquizError, UsageError
from attnquiz.memory.schedule import RATINGS, Memory, recall
from attnquiz.memory.store import Review, Store
from attnquiz.ui.messages import Speech

EXAMPLES = {
    "list": "attnquiz list 4.7 --due",
    "grade": "attnquiz grade 4.7.1 good",
    "undo": "attnquiz undo",
    "suspend": "attnquiz suspend 4.7.1/f1",
    "resume": "attnquiz resume 4.7.1/f1",
    "reset": "attnquiz reset 4.7.1",
}


def add_command(app: typer.Typer, name: str) -> None:
    function = list_cards if name == "list" else globals()[name]
    app.command(name, epilog=f"Example: {EXAMPLES[name]}")(function)


def list_cards(
    context: typer.Context,
    refs: Refs = None,
    due: Annotated[bool, typer.Option("--due", help="Only cards that are due today.")] = False,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Cards with their state and due date."""
    world: World = context.obj
    cards = find_cards(world.collection(), refs or [], drafts=True)
    with world.store() as store:
        memories, suspended = store.memories(), store.suspended()
    if due:
        cards = tuple(card for card in cards if is_due(memories.get(card.id), card.id in suspended, world))
    if as_json:
        world.print_json([card_json(card, memories.get(card.id), card.id in suspended, world) for card in cards])
        return
    from attnquiz.ui.listing import show_cards

    show_cards(world.console(), cards, memories, suspended, world.day, Speech(world.lang))


def is_due(memory: Memory | None, suspended: bool, world: World) -> bool:
    return memory is not None and not suspended and memory.due <= world.day


def card_json(card: Card, memory: Memory | None, suspended: bool, world: World) -> dict[str, Any]:
    ask = card.ask
    return {
        "id": card.id,
        "kind": card.kind,
        "section": card.section,
        "ask": {"en": ask.en, "zh": ask.zh},
        "state": memory.state if memory else "new",
        "due": memory.due.isoformat() if memory else None,
        "stability": memory.stability if memory else None,
        "difficulty": memory.difficulty if memory else None,
        "recall": recall(memory, max(world.day, memory.last)) if memory else None,
        "suspended": suspended,
        "draft": card.question.draft,
    }


def grade(
    context: typer.Context,
    card: CardArgument,
    rating: Annotated[str, typer.Argument(metavar="RATING", help="again, hard, good or easy.")],
    at: Annotated[str | None, typer.Option("--at", metavar="ISO-8601", help="When it was, if not now.")] = None,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Record one review without a session."""
    world: World = context.obj
    chosen = next((known for known in RATINGS if known == rating), None)
    if chosen is None:
        names = ", ".join(RATINGS)
        raise UsageError(f"unknown rating {rating!r}; use one of {names}", f"没有评分 {rating!r}；可用：{names}")
    found = find_card(world.collection(), card)
    when = world.now() if at is None else parse_time(at, world)
    with world.store() as store:
        review = store.grade(found.id, chosen, when)
    if as_json:
        world.print_json(review_json(review))
    else:
        say = Speech(world.lang)
        days = (review.memory_after.due - review.day).days
        world.console().print(say("graded", card=review.card, rating=say(review.rating), when=say.interval(days)))


def parse_time(text: str, world: World) -> datetime:
    """A time without an offset is local; the future is refused, since it would block every review before it."""
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=world.zone) if at.tzinfo is None and world.zone else at
        at = at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            f"--at {text!r} is no ISO-8601 time; write 2026-01-31T21:30 or 2026-01-31T21:30+08:00",
            f"--at {text!r} 不是 ISO-8601 时间；请写成 2026-01-31T21:30 或 2026-01-31T21:30+08:00",
        ) from None
    if at > world.now() + timedelta(minutes=5):
        raise UsageError(f"--at {text!r} lies in the future; give a past time", f"--at {text!r} 在未来；请给过去的时间")
    if at.year < 2000:
        raise UsageError(f"--at {text!r} lies before the year 2000", f"--at {text!r} 早于 2000 年")
    return at


def review_json(review: Review) -> dict[str, Any]:
    return {
        "card": review.card,
        "rating": review.rating,
        "at": review.at.isoformat(),
        "stability": review.memory_after.stability,
        "difficulty": review.memory_after.difficulty,
        "due": review.memory_after.due.isoformat(),
    }


def undo(context: typer.Context, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Take back the last review."""
    world: World = context.obj
    with world.store() as store:
        review = store.undo(world.now())
    if review is None:
        raise AttnquizError("there is no review to take back", "没有可以撤销的复习")
    if as_json:
        world.print_json(review_json(review))
    else:
        say = Speech(world.lang)
        world.console().print(say("taken_back", card=review.card, rating=say(review.rating)))


def suspend(context: typer.Context, card: CardArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Take a card out of the rotation."""
    change(context.obj, card, Store.suspend, as_json)


def resume(context: typer.Context, card: CardArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Put a suspended card back."""
    change(context.obj, card, Store.resume, as_json)


def reset(context: typer.Context, card: CardArgument, as_json: JsonOption = False, lang: LangOption = None) -> None:
    """Make a card new again; its log stays."""
    change(context.obj, card, Store.reset, as_json)


def change(world: World, card: str, action: Callable[[Store, str, datetime], None], as_json: bool) -> None:
    found = find_card(world.collection(), card)
    with world.store() as store:
        action(store, found.id, world.now())
        memory, suspended = store.memory(found.id), found.id in store.suspended()
    if as_json:
        world.print_json(card_json(found, memory, suspended, world))
        return
    from attnquiz.ui.listing import show_cards

    marked = {found.id} if suspended else set()
    show_cards(world.console(), [found], {found.id: memory} if memory else {}, marked, world.day, Speech(world.lang))
