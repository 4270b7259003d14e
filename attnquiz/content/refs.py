"""What a REF on the command line names: a section, a question or a card, by a prefix of its id on the dots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attnquiz.content.model import Card, Collection, Question
from attnquiz.errors import UnknownRef


def find_questions(collection: Collection, refs: str | Iterable[str] = ()) -> tuple[Question, ...]:
    """The questions that any of the refs names, drafts too, in the order of the banks; of no refs, all."""
    wanted = _normalise_all(collection, refs)
    names = [(question, collection.prefix + question.id) for question in collection.questions]
    if any("/" in ref for ref in wanted):
        cards = collection.cards()
        wanted = [_question_of(ref) if any(card.id == ref for card in cards) else ref for ref in wanted]
    _refuse_unknown(collection, wanted, [name for _, name in names])
    return tuple(question for question, name in names if _is_wanted(name, wanted))


def find_cards(collection: Collection, refs: str | Iterable[str] = (), drafts: bool = False) -> tuple[Card, ...]:
    """The cards that any of the refs names, in the order of the banks; of no refs, all. `drafts` too, if asked for."""
    wanted = _normalise_all(collection, refs)
    cards = collection.cards(drafts)
    _refuse_unknown(collection, wanted, [card.id for card in cards])
    return tuple(card for card in cards if _is_wanted(card.id, wanted))


def find_card(collection: Collection, ref: str) -> Card:
    """The one card that has this id."""
    found = find_cards(collection, ref)
    (wanted,) = _normalise_all(collection, ref)
    if found[0].id != wanted:
        raise UnknownRef(
            f"{wanted} is a section; name one card of it, such as {found[0].id}",
            f"{wanted} 是章节；请写其中一张卡片，例如 {found[0].id}",
        )
    return found[0]


def normalise_ref(ref: str) -> str:
    """A REF as it was meant: without spaces, leading zeros and a trailing dot, full-width characters made plain."""
    if not ref.isascii():
        import unicodedata  # most refs are plain

        ref = unicodedata.normalize("NFKC", ref).replace("。", ".").replace("、", "/")
    name, colon, rest = "".join(ref.split()).rpartition(":")
    parts = rest.lower().strip("./").split(".")
    return name + colon + ".".join(part.lstrip("0") or part[:1] for part in parts)


def _normalise_all(collection: Collection, refs: str | Iterable[str]) -> list[str]:
    """The refs as prefixes of full ids: within a named collection its name may be left out."""
    given = [refs] if isinstance(refs, str) else refs
    plain = [normalise_ref(ref) for ref in given]
    return [ref if ":" in ref else collection.prefix + ref for ref in plain]


def _is_wanted(full_id: str, refs: Sequence[str]) -> bool:
    return not refs or any(full_id == ref or full_id.startswith((f"{ref}.", f"{ref}/")) for ref in refs)


def _question_of(ref: str) -> str:
    return ref.partition("/")[0]


def _refuse_unknown(collection: Collection, refs: Sequence[str], ids: Sequence[str]) -> None:
    for ref in refs:
        if not any(_is_wanted(full_id, [ref]) for full_id in ids):
            raise UnknownRef(*_explain(collection, ref))


def _explain(collection: Collection, ref: str) -> tuple[str, str]:
    """The message, in both languages, for a ref that names nothing."""
    from attnquiz.content.messages import shorten

    questions = {collection.prefix + question.id: question for question in collection.questions}
    question_id = _question_of(ref)
    shown = shorten(ref)
    if _is_draft(question_id, questions):
        return f"{shown} has no cards yet: it is a draft", f"{shown} 还没有卡片：它是草稿"
    if question_id in questions:
        endings = [card.id.rpartition("/")[2] for card in collection.cards() if card.id.startswith(f"{question_id}/")]
        runs = _fold_runs(endings)
        return (
            f"there is no card {shown}; {question_id} has {', '.join(runs) or 'none but itself'}",
            f"没有卡片 {shown}；{question_id} 有 {'、'.join(runs) or '它自己这一张'}",
        )
    near = _find_near(collection.prefix + ref.rpartition(":")[2], _list_prefixes(questions))
    if near:
        return (
            f"nothing is called '{shown}'; did you mean {' or '.join(near)}?",
            f"没有“{shown}”；是否想找 {' 或 '.join(near)}？",
        )
    return _explain_form(shown, next(iter(questions), "4.7.1"))


def _explain_form(shown: str, example: str) -> tuple[str, str]:
    section = example.rpartition(".")[0]
    return (
        f"nothing is called '{shown}'; name a section ({section}), a question ({example}) or a card ({example}/f1)",
        f"没有“{shown}”；请写章节（{section}）、题目（{example}）或卡片（{example}/f1）",
    )


def _is_draft(prefix: str, questions: Mapping[str, Question]) -> bool:
    """Whether all that a ref names is not yet written."""
    named = [question for full_id, question in questions.items() if _is_wanted(full_id, [prefix])]
    return bool(named) and all(question.draft for question in named)


def _fold_runs(endings: Iterable[str]) -> list[str]:
    """f1, f2, f3, code as "f1..f3" and "code"."""
    runs: dict[str, list[str]] = {}
    for ending in endings:
        runs.setdefault(ending.rstrip("0123456789"), []).append(ending)
    return [run[0] if len(run) == 1 else f"{run[0]}..{run[-1]}" for run in runs.values()]


def _list_prefixes(questions: Iterable[str]) -> list[str]:
    """Every question, and every section of one, that a ref could have meant."""
    prefixes: dict[str, None] = {}
    for full_id in questions:
        parts = full_id.split(".")
        prefixes |= dict.fromkeys(".".join(parts[:length]) for length in range(1, len(parts) + 1))
    return list(prefixes)


def _find_near(ref: str, names: Sequence[str]) -> list[str]:
    import difflib  # only for this message

    return difflib.get_close_matches(ref[:40], names, n=3, cutoff=0.6)
