"""Which cards a session asks, and in which order."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from attnquiz.memory.model import DEFAULT_MODEL, Model
from attnquiz.memory.schedule import Memory, recall


def build_queue(
    cards: Sequence[str],
    memories: Mapping[str, Memory],
    suspended: Collection[str],
    day: date,
    new: int,
    introduced_today: int = 0,
    model: Model = DEFAULT_MODEL,
) -> list[str]:
    """The due ones among `cards`, then new ones in the order given until `new` of them were introduced today.

    First come the cards that were forgotten and not recalled since. The other due ones follow by falling recall: when
    there is time for all of them the order is indifferent, and when there is not, a minute spent on a card that is
    still remembered keeps more knowledge than one spent on a card that is lost already and can wait. Cards of the
    same question are kept apart where that is possible.
    """
    due = [card for card in cards if card not in suspended and card in memories and memories[card].due <= day]
    due.sort(key=lambda card: (memories[card].state == "review", -recall(memories[card], day, model)))
    due = _keep_apart(due)
    fresh = _introducible(cards, memories, suspended)[: max(0, new - introduced_today)]
    return due + _keep_apart(fresh, previous=due[-1] if due else None)


def requeue(queue: Sequence[str], card: str, gap: int = 5) -> list[str]:
    """The cards still to come, with one that was graded again back after `gap` others, or at the end if fewer."""
    others = [other for other in queue if other != card]
    return [*others[:gap], card, *others[gap:]]


def next_due(memories: Mapping[str, Memory], suspended: Collection[str], day: date) -> tuple[date, int] | None:
    """The first study day after `day` on which cards are due, and how many."""
    days = Counter(memory.due for card, memory in memories.items() if card not in suspended and memory.due > day)
    return min(days.items(), default=None)


def _question(card: str) -> str:
    return card.partition("/")[0]


def _introducible(cards: Sequence[str], memories: Mapping[str, Memory], suspended: Collection[str]) -> list[str]:
    """The new cards in order, but no follow-up, exercise or bug before its question where both are new.

    If that question is suspended they wait with it.
    """
    place = {card: position for position, card in enumerate(cards) if card not in memories}

    def position(card: str) -> tuple[int, bool]:
        question = _question(card)
        return max(place[card], place.get(question, 0)), card != question

    waiting = {card for card in place if card in suspended}
    return sorted((card for card in place if not {card, _question(card)} & waiting), key=position)


def _keep_apart(cards: list[str], previous: str | None = None) -> list[str]:
    """The same cards with no two of a question side by side, if it can be done; otherwise changed as little as can be.

    The next card of another question is taken, unless one question makes up more than half of what is left: its cards
    fit in only if they begin now. The cards of one question keep their order.
    """
    left, apart = list(cards), []
    counts = Counter(map(_question, cards))
    most = max(counts.values(), default=0)
    last = previous and _question(previous)
    while left:
        must = _crowded(counts, len(left), last) if 2 * most > len(left) else None
        fits = (i for i, card in enumerate(left) if _question(card) == must or (not must and _question(card) != last))
        card = left.pop(next(fits, 0))
        last = _question(card)
        counts[last] -= 1
        apart.append(card)
    return apart


def _crowded(counts: Counter[str], left: int, last: str | None) -> str | None:
    """The question with more than half of the cards left, unless the last card was one of its own."""
    question, count = max(counts.items(), key=lambda item: item[1])
    return question if 2 * count > left and question != last else None
