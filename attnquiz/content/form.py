"""What must be right of every question, finished or not: its texts, its links, the files in its folder."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from attnquiz.content import prose
from attnquiz.content.cues import find_empty_terms
from attnquiz.content.files import is_inside
from attnquiz.content.model import Question
from attnquiz.content.nodes import Mapping, Node, Scalar, Sequence, find_node
from attnquiz.content.problems import START, Findings, Place, Problem, Unusable, find_spot
from attnquiz.content.source import read_source

CheckDemo = Callable[[str, str], list[tuple[int, int, str, str]]]

_CLAIM = re.compile(r"^# ## Claim (\d{1,3}):", re.MULTILINE | re.ASCII)
_SPOKEN = ("ask", "hint", "points", "follow_ups")
_UNSPOKEN = ("id", "claim", "cues")


@dataclass(frozen=True, slots=True)
class Names:
    """What a text may refer to. Of a faulty question the cards are not known, so that any will do."""

    names: frozenset[str]
    faulty: frozenset[str]

    def __contains__(self, ref: object) -> bool:
        return ref in self.names or str(ref).partition("/")[0] in self.faulty


@dataclass(frozen=True, slots=True)
class Subject:
    """A question to be checked, and where it stands."""

    question: Question
    node: Mapping
    bank_path: Path

    @property
    def demo(self) -> Path | None:
        return self.question.demo_path

    def find(self, *steps: str | int) -> Node:
        return find_node(self.node, *steps)


def check_form(subject: Subject, names: Names | None, check_demo: CheckDemo | None) -> list[Problem]:
    """The faults of one question and of its links. Without `names`, references to other questions go unchecked."""
    findings = Findings(subject.bank_path)
    _check_texts(subject, names, findings)
    _check_cue_terms(subject, findings)
    return findings.problems + ([] if subject.question.draft else _check_links(subject, check_demo))


def find_claims(source: str) -> set[int]:
    """The numbers of the claims of a demo."""
    return {int(number) for number in _CLAIM.findall(source)}


def read_claims(demo: Path) -> set[int]:
    """The same of a file; of one that cannot be read, none."""
    try:
        return find_claims(read_source(demo, Findings(demo)))
    except Unusable:
        return set()


def _check_texts(subject: Subject, names: Names | None, findings: Findings) -> None:
    for scalar in _spoken_texts(subject.node):
        for fault in prose.find_math_faults(scalar.text):
            _add_math_fault(findings, scalar, fault)
        for _, ref in prose.find_mentions(scalar.text):
            if names is not None and ref not in names:
                findings.add(scalar, "unknown-ref", ref=ref)


def _spoken_texts(question: Mapping) -> Iterator[Scalar]:
    """What is shown to people, as opposed to ids, cues and references."""
    for key in _SPOKEN:
        if key in question.values:
            yield from _walk_texts(question.values[key])


def _walk_texts(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _walk_texts(item)
    else:
        for key, value in node.values.items():
            if key not in _UNSPOKEN:
                yield from _walk_texts(value)


def _add_math_fault(findings: Findings, place: Place, fault: prose.MathFault) -> None:
    if fault.is_open:
        findings.add(place, "math-open", mark=fault.mark)
    else:
        findings.add(place, "math-unbalanced", what=fault.mark)


def _check_cue_terms(subject: Subject, findings: Findings) -> None:
    for at, point in enumerate(subject.question.points):
        for which, cue in enumerate(point.cues):
            for term in find_empty_terms(cue):
                place = subject.find("points", at, "cues", which, cue.index(term))
                findings.add(place, "bad-cue", term=term)


def _check_links(subject: Subject, check_demo: CheckDemo | None) -> list[Problem]:
    """That there is an answer, and a demo that has the claims the points name."""
    findings = Findings(subject.bank_path)
    question = subject.question
    if not any(question.part(f"answer.{lang}.md") for lang in prose.HEADINGS):
        wanted = f"{question.id}-…/answer.en.md" if question.folder is None else f"{question.folder.name}/answer.en.md"
        findings.add(subject.find("id"), "no-answer", id=question.id, wanted=wanted)
    if subject.demo is None:
        _refuse_claims(subject, findings)
        return findings.problems
    try:
        source = read_source(subject.demo, Findings(subject.demo))
    except Unusable as error:
        return [*findings.problems, error.problem]
    _check_claims(subject, find_claims(source), findings)
    faults = check_demo(source, str(subject.demo)) if check_demo else []
    file = Findings(subject.demo).file
    return findings.problems + [Problem(file, line, column, code, text, text) for line, column, code, text in faults]


def _refuse_claims(subject: Subject, findings: Findings) -> None:
    for at, point in enumerate(subject.question.points):
        if point.claim is not None:
            place = subject.find("points", at, "claim")
            findings.add(place, "no-demo", id=point.id, claim=point.claim, question=subject.question.id)


def _check_claims(subject: Subject, claims: set[int], findings: Findings) -> None:
    has_en = f"{len(claims)} claim{'' if len(claims) == 1 else 's'}" if claims else "no claims"
    has_zh = f"有 {len(claims)} 个论断" if claims else "没有论断"
    for at, point in enumerate(subject.question.points):
        if point.claim is not None and point.claim not in claims:
            place = subject.find("points", at, "claim")
            findings.add(place, "no-claim", id=point.id, claim=point.claim, has=(has_en, has_zh))


def check_folder(folder: Path, names: Names | None) -> list[Problem]:
    """Links that lead out of a question's folder, and the form of its Markdown."""
    problems: list[Problem] = []
    for parent, folders, files in os.walk(folder):
        for name in sorted(folders + files):
            path = Path(parent, name)
            if path.is_symlink() and not is_inside(path, folder):
                problems.append(Findings(path).describe(START, "link-leaves"))
            elif name.endswith(".md"):
                problems += check_markdown(path, folder, names)
    return problems


def check_markdown(path: Path, folder: Path, names: Names | None) -> list[Problem]:
    """The faults of one Markdown file of an answer, whose links must stay within the folder."""
    findings = Findings(path)
    try:
        text = read_source(path, findings)
    except Unusable as error:
        return [error.problem]
    for fault in prose.find_math_faults(text):
        _add_math_fault(findings, find_spot(text, fault.offset), fault)
    for offset, ref in prose.find_mentions(text):
        if names is not None and ref not in names:
            findings.add(find_spot(text, offset), "unknown-ref", ref=ref)
    for offset, target in prose.find_links(text):
        if code := _find_link_fault(target, path, folder):
            findings.add(find_spot(text, offset), code, target=target)
    return findings.problems


def _find_link_fault(target: str, path: Path, folder: Path) -> str | None:
    if target.startswith("#") or re.match(r"(?:https?://|mailto:)\S", target):
        return None
    local = unquote(target).partition("#")[0].partition("?")[0]
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|[/\\]", local) or "\0" in local:
        return "link-out"
    goal = path.parent / local.replace("\\", "/")
    if not is_inside(goal, folder) and goal.resolve() != folder.resolve():
        return "link-out"
    return None if goal.exists() else "dead-link"
