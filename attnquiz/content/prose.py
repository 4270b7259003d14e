"""What an answer's Markdown is made of: sections, words, sentences, math, links, references to other questions.

Nothing is ever cut out of a text: code and math are blanked, character for character, so that offsets stay true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

HEADINGS = {
    "en": ("In one sentence", "The answer", "When pressed", "Do not say"),
    "zh": ("一句话", "回答", "追问时", "别这么说"),
}


@dataclass(frozen=True, slots=True)
class Section:
    """The text under one heading of the second level; the text before the first has an empty title."""

    title: str
    line: int
    body: str


@dataclass(frozen=True, slots=True)
class MathFault:
    """Math that does not close (`mark` is its delimiter), or that holds something unpaired (`mark` is that)."""

    offset: int
    is_open: bool
    mark: str


def split_sections(markdown: str) -> list[Section]:
    """The sections in order. A `##` within a code block is no heading."""
    lines = markdown.split("\n")
    starts = [at for at, line in enumerate(blank_code(markdown).split("\n")) if re.match(r"##\s", line)]
    sections = [Section("", 1, "\n".join(lines[: starts[0] if starts else None]))]
    for start, end in pairwise([*starts, len(lines)]):
        sections.append(Section(lines[start].strip("# "), start + 1, "\n".join(lines[start + 1 : end])))
    return sections


def count_words(markdown: str, lang: str) -> int:
    """How long a text is to say: code and formulas do not count, nor do Markdown's marks and addresses.

    English counts words (a hyphenated one as one). Chinese counts characters without punctuation, and each Latin word
    or number among them as one.
    """
    text = _leave_speech(markdown)
    if lang == "zh":
        return len(re.findall(rf"[{_IDEOGRAPHS}]|{_LATIN_WORD}", text))
    return len(re.findall(_LATIN_WORD, text))


def count_sentences(markdown: str, lang: str) -> int:
    """Sentences by their full stops; a last one without counts too."""
    text = _leave_speech(markdown).strip()
    if lang == "zh":
        return len([part for part in re.split(r"[。！？]+", text) if re.search(r"\w", part)])
    text = re.sub(r"\b(?:e\.g|i\.e|vs|cf|et al|etc|approx|Fig|Eq|No)\.", "", text)
    ends = r"(?<![.!?])[.!?]+[\"'”’)*_]*(?=\s+[\"'“‘(*_]*[A-Z0-9]|\s*$)"
    return len([part for part in re.split(ends, text) if re.search(r"\w", part)])


def blank_code(markdown: str) -> str:
    """The text with code blocks and code spans blanked."""
    return _blank_spans(_blank_fences(markdown))


def blank_math(text: str) -> str:
    """A text without code, its formulas blanked."""
    return _blank_all(text, _find_math(text)[0])


def find_math_faults(text: str) -> list[MathFault]:
    """Math that does not close within its paragraph, and braces, \\left and \\begin that do not pair within it."""
    plain = blank_code(text)
    spans, faults = _find_math(plain)
    for start, end in spans:
        if mark := _find_unpaired(plain[start:end]):
            faults.append(MathFault(start, False, mark))
    return sorted(faults, key=lambda fault: fault.offset)


def find_links(markdown: str) -> list[tuple[int, str]]:
    """Where each link or image points, with the offset of its target."""
    text = blank_math(blank_code(markdown))
    found = (match for pattern in _LINKS for match in pattern.finditer(text))
    return sorted((match.start(1), match[1]) for match in found)


def find_mentions(text: str) -> list[tuple[int, str]]:
    """Each id after "see" or 见, as in `see 4.8.3 and 4.2.1`, with its offset."""
    plain = blank_code(text)
    return [
        (listed.start(1) + at.start(), at[0])
        for listed in _MENTION.finditer(plain)
        for at in re.finditer(_ID, listed[1])
    ]


_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LATIN_WORD = r"[A-Za-z0-9\u00c0-\u024f\u0370-\u03ff]+(?:['’.-][A-Za-z0-9\u00c0-\u024f]+)*"
_ID = r"\d+(?:\.\d+)+(?:/[a-z]+\d*)?"
_MENTION = re.compile(rf"(?:\b[Ss]ee(?: also)?\s+|见\s*)({_ID}(?:(?:\s*[,，、]\s*|\s+and\s+|\s*[和与]\s*){_ID})*)")
_LINKS = (
    re.compile(r"\]\(\s*<?([^)\s>]*)"),
    re.compile(r"^ {0,3}\[[^\]\n]{1,200}\]:\s*<?([^\s>]+)", re.MULTILINE),
    re.compile(r"<([a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*)>"),
    re.compile(r"\b(?:href|src)\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE),
)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _leave_speech(markdown: str) -> str:
    text = blank_math(blank_code(markdown))
    text = re.sub(r"\]\([^()\n]*\)", "]", text)
    return re.sub(r"<?https?://[^\s>]*>?", " ", text)


def _blank_fences(markdown: str) -> str:
    lines = markdown.split("\n")
    fence = ""
    for at, line in enumerate(lines):
        mark = re.match(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})", line)
        if not fence and mark:
            fence = mark[1]
        elif fence and re.fullmatch(rf" {{0,3}}{fence[0]}{{{len(fence)},}}\s*", line):
            fence = ""
        elif not fence:
            continue
        lines[at] = _blank(line)
    return "\n".join(lines)


def _blank_spans(text: str) -> str:
    """Blank code spans: a run of backticks, and the next one as long in the same paragraph."""
    spans: list[tuple[int, int]] = []
    for start, paragraph in _paragraphs(text):
        runs = list(re.finditer(r"`+", paragraph))
        closings = _find_closings(runs)
        done = 0
        for run, closing in zip(runs, closings, strict=True):
            if closing is not None and run.start() >= done:
                done = closing.end()
                spans.append((start + run.start(), start + done))
    return _blank_all(text, spans)


def _find_closings(runs: Sequence[re.Match[str]]) -> list[re.Match[str] | None]:
    """For each run of backticks the next one of its length."""
    nearest: dict[int, re.Match[str]] = {}
    closings: list[re.Match[str] | None] = []
    for run in reversed(runs):
        closings.append(nearest.get(len(run[0])))
        nearest[len(run[0])] = run
    return closings[::-1]


def _blank_all(text: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        pieces += text[done:start], _blank(text[start:end])
        done = end
    return "".join(pieces) + text[done:]


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Each run of lines without an empty one among them, with its offset."""
    offset = start = 0
    for line in [*text.splitlines(keepends=True), ""]:
        if not line.strip():
            if start < offset:
                yield start, text[start:offset]
            start = offset + len(line)
        offset += len(line)


def _find_math(text: str) -> tuple[list[tuple[int, int]], list[MathFault]]:
    """The spans of formulas with their delimiters, and the delimiters left open. The text is without code.

    A single $ opens only before a character and closes only after one. Without that rule one forgotten $ would turn
    every later formula of its paragraph inside out, and the fault would be found at the last.
    """
    spans: list[tuple[int, int]] = []
    faults: list[MathFault] = []
    for start, paragraph in _paragraphs(text):
        opening: re.Match[str] | None = None
        for mark in _list_delimiters(paragraph):
            if opening and opening[0] == mark[0] and _may_close(mark):
                spans.append((start + opening.start(), start + mark.end()))
                opening = None
            elif opening is None or opening[0] == "$":
                left_open = [opening] if opening else []
                opening = mark if _may_open(mark) else None
                left_open += [] if opening else [mark]
                faults += [MathFault(start + left.start(), True, left[0]) for left in left_open]
        if opening:
            faults.append(MathFault(start + opening.start(), True, opening[0]))
    return spans, faults


def _list_delimiters(paragraph: str) -> Iterator[re.Match[str]]:
    return (mark for mark in re.finditer(r"\\.|\$\$|\$", paragraph, re.DOTALL) if mark[0][0] == "$")


def _may_open(mark: re.Match[str]) -> bool:
    return mark[0] == "$$" or bool(mark.string[mark.end() : mark.end() + 1].strip())


def _may_close(mark: re.Match[str]) -> bool:
    return mark[0] == "$$" or not mark.string[mark.start() - 1].isspace()


def _find_unpaired(formula: str) -> str | None:
    """What opens in a formula and does not close, or closes and was not opened."""
    depth = 0
    for brace in re.finditer(r"\\.|[{}]", formula, re.DOTALL):
        depth += {"{": 1, "}": -1}.get(brace[0], 0)
        if depth < 0:
            return "}"
    if depth:
        return "{"
    if len(re.findall(r"\\left(?![a-zA-Z])", formula)) != len(re.findall(r"\\right(?![a-zA-Z])", formula)):
        return r"\left"
    begun = re.findall(r"\\begin\s*\{([^{}\\]*)\}", formula)
    return r"\begin" if sorted(begun) != sorted(re.findall(r"\\end\s*\{([^{}\\]*)\}", formula)) else None
