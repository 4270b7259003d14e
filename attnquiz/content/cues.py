"""Which points a typed answer makes: the terms of a cue, found together in a sentence or two, in either language.

Text and terms are brought to one form, tokens with a space around each, so that looking for a term is looking for a
string: case, full-width forms, LaTeX, subscripts and punctuation do not matter (`d_k`, `$d_{k}$`, `dₖ`).

* Latin words are met by their beginning (`saturat` by "saturates"), words of one or two letters and numbers whole.
* A term of several words is met by them in that order, also when joined: `pre norm` by "Pre-Norm" and "prenorm".
* Chinese is met wherever it stands. An order of growth is one term: `O(n)` is not met by "O(n^2)".

That a sentence denies what it names is not noticed: "the variance does not grow" meets `variance, grow`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from attnquiz.content.model import Point

MAX_TYPED = 20_000  # characters; nobody types more, a pasted file may hold it
LONG_SENTENCE = 240  # characters, after which commas end sentences too: typed Chinese may have nothing else

_SENTENCE_END = re.compile(r"[。！？!?；;\n]+|\.(?=\s|$)")
_CLAUSES = re.compile(rf".{{1,{LONG_SENTENCE}}}(?:[,，、]|$)|.{{1,{LONG_SENTENCE}}}", re.DOTALL)


def find_points_made(text: str, points: Iterable[Point]) -> list[str]:
    """The ids of the points of which at least one cue is met, in the order of the points."""
    passages = _read_passages(text)
    return [point.id for point in points if any(_is_met(cue, passages) for cue in point.cues)]


def find_cues_met(text: str, cues: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The cues that a text meets."""
    passages = _read_passages(text)
    return [cue for cue in cues if _is_met(cue, passages)]


def find_empty_terms(cue: Sequence[str]) -> list[str]:
    """The terms of a cue that name nothing to look for, or have a synonym that does not."""
    return [term for term in cue if not all(_tokenise(synonym) for synonym in term.split("|"))]


def _is_met(cue: Sequence[str], passages: Sequence[str]) -> bool:
    needles = [_make_needles(term) for term in cue]
    return bool(needles) and any(
        all(any(needle in passage for needle in term) for term in needles) for passage in passages
    )


def _read_passages(text: str) -> list[str]:
    """Each sentence with the one after it, as tokens."""
    sentences = [f" {' '.join(tokens)} " for part in _split_sentences(text[:MAX_TYPED]) if (tokens := _tokenise(part))]
    return [" . ".join(pair) for pair in pairwise([*sentences, ""])]


def _split_sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(text):
        yield from _CLAUSES.findall(sentence)


@lru_cache(maxsize=4096)
def _make_needles(term: str) -> tuple[str, ...]:
    """What to look for in a passage; any of them meets the term."""
    return tuple(needle for synonym in term.split("|") for needle in _make_synonym(tuple(_tokenise(synonym))))


def _make_synonym(tokens: Sequence[str]) -> Iterator[str]:
    if not tokens:
        return
    yield f" {' '.join(tokens)}{_end_of(tokens[-1])}"
    if len(tokens) > 1 and all(_WORD.fullmatch(token) for token in tokens):
        joined = "".join(tokens)
        yield f" {joined}{_end_of(joined)}"


def _end_of(token: str) -> str:
    """A space where the token must end here, nothing where it may go on."""
    return "" if _WORD.fullmatch(token) and len(token) > 2 else " "


_WORD = re.compile("[a-z\u00df-\u024f\u0370-\u03ff\u0400-\u04ff\u1e00-\u1eff]+")  # Latin, Greek, Cyrillic

# One token: an order of growth, a word, a number, any other letter (a Chinese character), or one of the signs that
# carry meaning. What matches nothing separates tokens.
_TOKEN = re.compile(
    r"(?P<growth>(?<![a-z0-9])o\s*\([^()]*\))" rf"|{_WORD.pattern}" r"|\d+(?:\.\d+)*|[^\W_]|[√∝∑∞≈≤≥≠<>%]"
)
_SCRIPTS = {"<super>": "^", "<sub>": "_"}
_LATEX = re.compile(r"\\(?:left|right|cdot|times|mathcal|mathrm|text|operatorname)(?![a-z])|[\\${}]")


def _tokenise(text: str) -> list[str]:
    plain = _LATEX.sub(" ", unicodedata.normalize("NFKC", _mark_scripts(text)).casefold())
    return list(_list_tokens(plain))


def _list_tokens(plain: str) -> Iterator[str]:
    for found in _TOKEN.finditer(plain):
        growth = found["growth"]
        if growth is None:
            yield found[0]
        else:  # as a whole, `o(n2d)`, and then what grows, so that `n^2` is found in it as well
            yield re.sub(r"[^\w()]|_", "", growth)
            yield from _list_tokens(growth[1:])


def _mark_scripts(text: str) -> str:
    """n² as n^2 and dₖ as d_k, so that what is raised or lowered stays apart."""
    if text.isascii():
        return text
    return "".join(_SCRIPTS.get(unicodedata.decomposition(char).partition(" ")[0], "") + char for char in text)
