"""YAML as a tree of plain text with places: no anchors, no tags, no types, so that `1.10` stays as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from attnquiz.content.messages import Fact, shorten
from attnquiz.content.problems import START, Findings, Spot
from attnquiz.content.source import CONTROL, name_char

if TYPE_CHECKING:
    from yaml.events import Event, MappingStartEvent, ScalarEvent, SequenceStartEvent

MAX_DEPTH = 16  # a bank needs 8
MAX_NODES = 50_000  # a question has some 250; a file of 2 MB made of nothing else would take half a minute


@dataclass(frozen=True, slots=True)
class Scalar:
    """One text; `plain` when it was written without quotes."""

    line: int
    column: int
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values; of a key given twice the first counts."""

    line: int
    column: int
    keys: dict[str, Scalar] = field(default_factory=dict)
    values: dict[str, Node] = field(default_factory=dict)


Node = Scalar | Sequence | Mapping


def compose(text: str, findings: Findings) -> Node:
    """The one document of a text. What breaks the tree is raised, what merely does not belong in it is noted."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Composer(yaml.parse(text, Loader=loader), findings).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = START if mark is None else Spot(mark.line + 1, mark.column + 1)
        raise findings.fatal(place, "bad-yaml", **_explain(error)) from None


def find_node(node: Node, *steps: str | int) -> Node:
    """The node at the end of a path of keys and positions, or the last one on the way that exists."""
    for step in steps:
        if isinstance(node, Mapping) and step in node.values:
            node = node.values[str(step)]
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return node


class _Composer:
    """Builds nodes from the parser's events.

    yaml.compose would follow aliases, and would overflow the C stack on deep nesting before that could be refused.
    """

    def __init__(self, events: Iterator[Event], findings: Findings) -> None:
        self.events = events
        self.findings = findings
        self.count = 0

    def document(self) -> Node:
        next(self.events)  # the stream starts
        if isinstance(next(self.events), yaml.StreamEndEvent):
            raise self.findings.fatal(START, "empty-bank")
        root = self.node(next(self.events), depth=1)
        next(self.events)  # the document ends
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self.findings.fatal(_place(after), "second-document")
        return root

    def node(self, event: Event, depth: int) -> Node:
        self.refuse_tricks(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, depth)
        assert isinstance(event, yaml.MappingStartEvent)
        return self.mapping(event, depth)

    def refuse_tricks(self, event: Event, depth: int) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise self.findings.fatal(_place(event), "anchor")
        if (tag := getattr(event, "tag", None)) is not None:
            raise self.findings.fatal(_place(event), "tag", tag=tag)
        if depth > MAX_DEPTH:
            raise self.findings.fatal(_place(event), "too-deep", most=MAX_DEPTH)
        self.count += 1
        if self.count > MAX_NODES:
            raise self.findings.fatal(_place(event), "too-many", most=MAX_NODES)

    def scalar(self, event: ScalarEvent) -> Scalar:
        place = _place(event)
        if found := CONTROL.search(event.value):  # an escape of a quoted text, such as "\e"
            self.findings.add(place, "control-character", char=name_char(found[0]))
        elif "\t" in event.value:
            self.findings.add(place, "tab")
        return Scalar(place.line, place.column, event.value, not event.style)

    def sequence(self, event: SequenceStartEvent, depth: int) -> Sequence:
        place = _place(event)
        sequence = Sequence(place.line, place.column)
        while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
            sequence.items.append(self.node(inner, depth + 1))
        return sequence

    def mapping(self, event: MappingStartEvent, depth: int) -> Mapping:
        place = _place(event)
        mapping = Mapping(place.line, place.column)
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key = self.node(inner, depth + 1)
            value = self.node(next(self.events), depth + 1)
            self.enter(mapping, key, value)
        return mapping

    def enter(self, mapping: Mapping, key: Node, value: Node) -> None:
        if not isinstance(key, Scalar):
            self.findings.add(key, "key-not-text")
        elif key.text in mapping.keys:
            self.findings.add(key, "duplicate-key", key=key.text, line=mapping.keys[key.text].line)
        else:
            mapping.keys[key.text] = key
            mapping.values[key.text] = value


def _place(event: Event) -> Spot:
    mark = event.start_mark
    assert mark is not None
    return Spot(mark.line + 1, mark.column + 1)


_REMEDIES = {
    "mapping values are not allowed": ("put a text that holds ': ' in quotes", "含有 ': ' 的文本请加引号"),
    "cannot start any token": (
        "put a text that begins with a special character in quotes",
        "以特殊字符开头的文本请加引号",
    ),
    "tab character": ("indent with spaces", "请用空格缩进"),
    "escape character": (
        "in double quotes write \\\\ for a backslash, or use single quotes",
        "双引号中的反斜杠请写成 \\\\，或改用单引号",
    ),
}
_ANY_REMEDY = ("check quotes, brackets and indentation here", "请检查此处的引号、括号和缩进")


def _explain(error: yaml.YAMLError) -> dict[str, Fact]:
    """What the parser says, in its own English, and what to do."""
    reason = str(getattr(error, "problem", None) or "unreadable text")
    began = getattr(error, "context_mark", None)
    since_en, since_zh = (f", begun on line {began.line + 1}", f"，始于第 {began.line + 1} 行") if began else ("", "")
    remedy = next((remedy for part, remedy in _REMEDIES.items() if part in reason), _ANY_REMEDY)
    shown = shorten(reason)
    return {"reason": (shown + since_en, shown + since_zh), "remedy": remedy}
