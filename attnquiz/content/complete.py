"""What a finished question has, beyond being in form: answers of the right shape and length, points, cues, a demo."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

from attnquiz.content import prose
from attnquiz.content.cues import find_cues_met
from attnquiz.content.form import Subject, read_claims
from attnquiz.content.model import Point
from attnquiz.content.problems import START, Findings, Problem, Spot, Unusable
from attnquiz.content.source import read_source

POINTS = (3, 6)
FOLLOW_UPS = (2, 4)
LENGTH = {"en": (250, 420), "zh": (450, 750)}  # of the second section, as prose.count_words counts

_LANGUAGES = {"en": ("English", "英文"), "zh": ("Chinese", "中文")}
_PARTS = {  # what may be left out of a question, and what a message calls it
    "tags": ("tags", "标签"),
    "hint": ("hint", "提示"),
    "refs": ("references", "参考文献"),
}


def check_complete(subject: Subject) -> list[Problem]:
    """What a question that is no longer a draft still lacks."""
    findings = Findings(subject.bank_path)
    _check_parts(subject, findings)
    _check_points(subject, findings)
    _check_cues(subject, findings)
    problems = findings.problems + _check_demo(subject)
    for lang in prose.HEADINGS:
        path = subject.question.part(f"answer.{lang}.md")
        problems += check_answer(path, lang) if path else [_missing(subject, f"answer.{lang}.md")]
    return problems


def check_answer(path: Path, lang: str) -> list[Problem]:
    """The shape of a written answer: its headings, and how long the first two sections are."""
    findings = Findings(path)
    try:
        text = read_source(path, findings)
    except Unusable:  # noted with its form already
        return []
    sections = prose.split_sections(text)
    _check_headings(sections, lang, Spot(text.count("\n") + 1, 1), findings)
    first, second = prose.HEADINGS[lang][:2]
    for section in sections:
        place = Spot(section.line, 1)
        if section.title == first and (count := prose.count_sentences(section.body, lang)) != 1:
            findings.add(place, "one-sentence", heading=first, count=count)
        if section.title == second:
            least, most = LENGTH[lang]
            if not least <= (count := prose.count_words(section.body, lang)) <= most:
                findings.add(place, "length", heading=second, count=count, least=least, most=most)
    return findings.problems


def _check_headings(sections: list[prose.Section], lang: str, end: Spot, findings: Findings) -> None:
    """The first heading that is not the one expected; what is wrong after it may follow from it."""
    before, *rest = sections
    if before.body.strip():
        findings.add(START, "text-before-heading")
    for section, wanted in zip_longest(rest, prose.HEADINGS[lang]):
        found = section.title if section else None
        if found != wanted:
            place = Spot(section.line, 1) if section else end
            findings.add(place, "heading", wanted=_name_heading(wanted), found=_name_heading(found))
            return


def _name_heading(title: str | None) -> tuple[str, str]:
    return ("the end of the file", "文件结尾") if title is None else (f"'## {title}'", f"标题“## {title}”")


def _check_parts(subject: Subject, findings: Findings) -> None:
    question = subject.question
    for key, what in _PARTS.items():
        if not getattr(question, key):
            findings.add(subject.find("id"), "incomplete", id=question.id, what=what)
    least, most = FOLLOW_UPS
    count = len(question.follow_ups)
    if not least <= count <= most:
        place = subject.find("follow_ups") if count else subject.find("id")
        what = ("follow-ups", "个追问")
        findings.add(place, "count", id=question.id, count=count, what=what, least=least, most=most)


def _check_points(subject: Subject, findings: Findings) -> None:
    question = subject.question
    least, most = POINTS
    count = len(question.points)
    if not least <= count <= most:
        what = ("points", "个要点")
        findings.add(subject.find("points"), "count", id=question.id, count=count, what=what, least=least, most=most)
    linked = sum(point.claim is not None for point in question.points)
    if linked * 2 < count:
        findings.add(subject.find("points"), "few-claims", id=question.id, linked=linked, count=count)


def _check_cues(subject: Subject, findings: Findings) -> None:
    question = subject.question
    for at, point in enumerate(question.points):
        if not point.cues:
            findings.add(subject.find("points", at, "id"), "no-cues", id=point.id)
            continue
        for words, code in (question.ask, "cue-in-question"), (question.hint, "cue-in-hint"):
            met = {cue for text in words or () for cue in find_cues_met(text, point.cues)}
            for cue in sorted(met):
                place = subject.find("points", at, "cues", point.cues.index(cue))
                findings.add(place, code, cue=", ".join(cue))
        _check_cues_fit(subject, at, point, findings)


def _check_cues_fit(subject: Subject, at: int, point: Point, findings: Findings) -> None:
    """Who says the point as it is written must be taken to have made it."""
    for lang, name in _LANGUAGES.items():
        if not find_cues_met(point.words.text(lang), point.cues):
            findings.add(subject.find("points", at, lang), "cue-misses-point", id=point.id, lang=name)


def _check_demo(subject: Subject) -> list[Problem]:
    if subject.demo is None:
        return [_missing(subject, "demo.py")]
    return [] if read_claims(subject.demo) else [Findings(subject.demo).describe(START, "no-claims")]


def _missing(subject: Subject, name: str) -> Problem:
    findings = Findings(subject.bank_path)
    findings.add(subject.find("id"), "incomplete", id=subject.question.id, what=(name, f" {name}"))
    return findings.problems[0]
