"""A bank as it is written: the keys of each part, and what their values must be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from attnquiz.content.model import Bank, FollowUp, Point, Question, Reference, Words, natural_key
from attnquiz.content.nodes import Mapping, Node, compose, find_node
from attnquiz.content.problems import Findings, Problem, find_spot
from attnquiz.content.reader import Reader
from attnquiz.content.source import read_source

SECTION = re.compile(r"[1-9][0-9]{0,3}(\.[1-9][0-9]{0,3}){0,3}", re.ASCII)
POINT_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
ARXIV = re.compile(r"([0-9]{4}\.[0-9]{4,5}|[a-z-]+(\.[A-Z]{2})?/[0-9]{7})(v[0-9]+)?", re.ASCII)
DOI = re.compile(r"10\.[0-9]{4,9}/\S+", re.ASCII)
URL = re.compile(r"https?://[^\s/]+\S*", re.ASCII)

ALWAYS = ("id", "ask")
WRITTEN = ("difficulty", "weight", "minutes", "points")  # not needed of a draft
OPTIONAL = ("tags", "hint", "follow_ups", "refs", "draft")


@dataclass(frozen=True, slots=True)
class ParsedBank:
    """What one file came to: its sound questions in order, every question's node by id, and its problems."""

    bank: Bank
    root: Node
    nodes: dict[str, Mapping]
    problems: list[Problem]


def parse_bank(path: Path) -> ParsedBank:
    """Read one bank. Raises Unusable where its text cannot be read to the end; other faults are in `problems`."""
    findings = Findings(path)
    text = read_source(path, findings)
    if "\t" in text:
        raise findings.fatal(find_spot(text, text.index("\t")), "tab")
    return _BankReader(findings).bank(compose(text, findings), path)


class _BankReader(Reader):
    """Reads the parts of a bank from their nodes."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings)
        self.section = ""
        self.nodes: dict[str, Mapping] = {}

    def bank(self, root: Node, path: Path) -> ParsedBank:
        values = self.mapping(root, "bank", ("section", "title", "questions")).values
        self.section = self.read_section(values.get("section"))
        title = self.words(values.get("title"), "title")
        questions = []
        for node in self.items(values.get("questions"), "questions"):
            before = len(self.findings.problems)
            question = self.question(node)
            if len(self.findings.problems) == before:
                questions.append(question)
        questions.sort(key=lambda question: natural_key(question.id))
        bank = Bank(self.section, title, path, tuple(questions))
        return ParsedBank(bank, root, self.nodes, self.findings.problems)

    def read_section(self, node: Node | None) -> str:
        section = self.text(node, "section")
        if node is not None and section and not SECTION.fullmatch(section):
            self.note(node, "bad-section", section=section)
            return ""
        return section

    def question(self, node: Node) -> Question:
        draft = isinstance(node, Mapping) and self.flag(node.values.get("draft"), "draft")
        required = ALWAYS if draft else ALWAYS + WRITTEN
        node = self.mapping(node, "question", required, WRITTEN + OPTIONAL)
        values = node.values
        return Question(
            id=self.question_id(node),
            section=self.section,
            ask=self.words(values.get("ask"), "ask"),
            difficulty=self.whole(values.get("difficulty"), "difficulty", 1, 5, default=3),
            weight=self.whole(values.get("weight"), "weight", 1, 4, default=2),
            minutes=self.whole(values.get("minutes"), "minutes", 1, 15, default=3),
            tags=self.tags(values.get("tags")),
            hint=self.words(values["hint"], "hint") if "hint" in values else None,
            points=self.points(values.get("points")),
            follow_ups=tuple(self.follow_up(item) for item in self.items(values.get("follow_ups"), "follow_ups")),
            refs=tuple(self.reference(item) for item in self.items(values.get("refs"), "refs")),
            draft=draft,
            folder=None,
        )

    def question_id(self, question: Mapping) -> str:
        node = question.values.get("id")
        text = self.text(node, "id")
        if node is None or not text:
            return ""
        section = text.rpartition(".")[0]
        if not SECTION.fullmatch(text) or section != (self.section or section):
            self.note(node, "bad-id", id=text, section=self.section)
        elif text in self.nodes:
            self.note(node, "duplicate-id", id=text, line=self.nodes[text].line)
        else:
            self.nodes[text] = question
        return text

    def tags(self, node: Node | None) -> tuple[str, ...]:
        tags: list[str] = []
        for item in self.items(node, "tags"):
            tag = self.text(item, "tags")
            if tag in tags:
                self.note(item, "duplicate-tag", tag=tag)
            tags.append(tag)
        return tuple(tags)

    def points(self, node: Node | None) -> tuple[Point, ...]:
        lines: dict[str, int] = {}
        return tuple(self.point(item, lines) for item in self.items(node, "points"))

    def point(self, node: Node, lines: dict[str, int]) -> Point:
        values = self.mapping(node, "point", ("id", "en", "zh"), ("claim", "cues")).values
        return Point(
            id=self.point_id(values.get("id"), lines),
            words=Words(self.text(values.get("en"), "en"), self.text(values.get("zh"), "zh")),
            claim=self.whole(values["claim"], "claim", 1, 99) if "claim" in values else None,
            cues=tuple(self.cue(item) for item in self.items(values.get("cues"), "cues")),
        )

    def point_id(self, node: Node | None, lines: dict[str, int]) -> str:
        text = self.text(node, "id")
        if node is None or not text:
            return ""
        if not POINT_ID.fullmatch(text):
            self.note(node, "bad-point-id", id=text)
        elif text in lines:
            self.note(node, "duplicate-point", id=text, line=lines[text])
        lines.setdefault(text, node.line)
        return text

    def cue(self, node: Node) -> tuple[str, ...]:
        return tuple(self.text(item, "cues") for item in self.items(node, "cues"))

    def follow_up(self, node: Node) -> FollowUp:
        values = self.mapping(node, "follow-up", ("ask", "answer")).values
        return FollowUp(self.words(values.get("ask"), "ask"), self.words(values.get("answer"), "answer"))

    def reference(self, node: Node) -> Reference:
        values = self.mapping(node, "reference", ("authors", "year", "title"), ("arxiv", "doi", "url")).values
        title = self.text(values.get("title"), "title")
        if isinstance(node, Mapping) and not values.keys() & {"arxiv", "doi", "url"}:
            self.note(node, "no-locator", title=title)
        return Reference(
            authors=self.text(values.get("authors"), "authors"),
            year=self.whole(values.get("year"), "year", 1900, 2100),
            title=title,
            arxiv=self.locator(values.get("arxiv"), "arxiv", ARXIV),
            doi=self.locator(values.get("doi"), "doi", DOI),
            url=self.locator(values.get("url"), "url", URL),
        )

    def locator(self, node: Node | None, key: str, pattern: re.Pattern[str]) -> str | None:
        if node is None:
            return None
        text = self.text(node, key)
        if text and not pattern.fullmatch(text):
            self.note(node, f"bad-{key}", text=text)
        return text


def check_sections(parsed: Sequence[ParsedBank]) -> list[Problem]:
    """Sections that clash between banks."""
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    owners = {question_id: one.bank.path.name for one in parsed for question_id in one.nodes}
    for one in parsed:
        section = one.bank.section
        if not section:
            continue
        findings = Findings(one.bank.path)
        place = find_node(one.root, "section")
        if section in seen:
            findings.add(place, "duplicate-section", section=section, other=seen[section])
        elif section in owners:
            findings.add(place, "section-is-question", section=section, other=owners[section])
        seen.setdefault(section, one.bank.path.name)
        problems += findings.problems
    return problems
