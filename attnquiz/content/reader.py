"""Values taken from nodes: each has its type and its range, and what has not is noted where it stands."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence

from attnquiz.content.messages import Fact, shorten
from attnquiz.content.model import Words
from attnquiz.content.nodes import Mapping, Node, Scalar
from attnquiz.content.nodes import Sequence as List
from attnquiz.content.problems import Findings, Place

_TEXT = ("text", "文本")
_LIST = ("a list such as [a, b]", "列表，例如 [a, b]")
_MAPPING = ("a mapping of keys to values", "键值映射")
_WHOLE = ("a whole number", "整数")
_FLAG = ("true or false", "true 或 false")
_PARTS = {"bank": "题库", "question": "题目", "point": "要点", "follow-up": "追问", "reference": "参考文献"}
_FOLDED = re.compile("(?<=[，。；：！？、）」』】]) +")  # a line end of the YAML, where Chinese has no space
_NOTHING = ("", "~", "null", "Null", "NULL")  # how YAML writes that there is no value


class Reader:
    """Reads one bank. After a fault it goes on with a stand-in, so that one reading finds them all."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings

    def note(self, place: Place, code: str, **facts: Fact) -> None:
        self.findings.add(place, code, **facts)

    def mapping(self, node: Node, key: str, required: Iterable[str], optional: Iterable[str] = ()) -> Mapping:
        """A mapping that has the required keys and no key beyond them and the optional ones."""
        if not isinstance(node, Mapping):
            self._wrong_type(node, key, _MAPPING)
            return Mapping(node.line, node.column)
        allowed = [*required, *optional]
        for name, place in node.keys.items():
            if name not in allowed:
                self.note(place, "unknown-key", key=name, advice=_advise(name, allowed))
        for name in required:
            if name not in node.keys:
                self.note(node, "missing-key", key=name, where=_describe(node, key))
        return node

    def items(self, node: Node | None, key: str) -> Sequence[Node]:
        """The items of a list that is not empty; of none at all, no items."""
        if node is None:
            return ()
        if not isinstance(node, List):
            self._wrong_type(node, key, _LIST)
            return ()
        if not node.items:
            self.note(node, "empty-text", key=key)
        return node.items

    def text(self, node: Node | None, key: str) -> str:
        """Text with something in it, without space around it."""
        if node is None:
            return ""
        if not isinstance(node, Scalar):
            self._wrong_type(node, key, _TEXT)
            return ""
        text = _FOLDED.sub("", node.text.strip())
        if not text or (node.plain and text in _NOTHING):
            self.note(node, "empty-text", key=key)
        return text

    def words(self, node: Node | None, key: str) -> Words:
        """A text in both languages."""
        if node is None:
            return Words("", "")
        values = self.mapping(node, key, ("en", "zh")).values
        return Words(self.text(values.get("en"), "en"), self.text(values.get("zh"), "zh"))

    def whole(self, node: Node | None, key: str, least: int, most: int, default: int = 0) -> int:
        """A whole number within bounds."""
        if node is None:
            return default
        if not isinstance(node, Scalar) or not re.fullmatch(r"[+-]?[0-9]{1,9}", node.text, re.ASCII):
            self._wrong_type(node, key, _WHOLE)
            return default
        value = int(node.text)
        if not least <= value <= most:
            self.note(node, "out-of-range", key=key, value=value, least=least, most=most)
        return value

    def flag(self, node: Node | None, key: str) -> bool:
        if node is None:
            return False
        if not isinstance(node, Scalar) or node.text not in ("true", "false"):
            self._wrong_type(node, key, _FLAG)
            return False
        return node.text == "true"

    def _wrong_type(self, node: Node, key: str, wanted: Fact) -> None:
        if isinstance(node, Scalar) and node.plain and node.text in _NOTHING:
            self.note(node, "empty-text", key=key)
        else:
            self.note(node, "wrong-type", key=key, wanted=wanted, found=_name_kind(node))


def _name_kind(node: Node) -> Fact:
    if isinstance(node, Scalar):
        return f"'{node.text}'"
    return ("a list", "列表") if isinstance(node, List) else ("a mapping", "键值映射")


def _advise(name: str, allowed: Sequence[str]) -> tuple[str, str]:
    near = difflib.get_close_matches(name, allowed, n=1)
    if near:
        return f"did you mean '{near[0]}'?", f"是否想写“{near[0]}”？"
    return f"the keys here are {', '.join(allowed)}", f"这里可用的键是 {'、'.join(allowed)}"


def _describe(node: Mapping, key: str) -> Fact:
    """How a message calls a mapping: by what it is, and by its id if it has one."""
    name = node.values.get("id")
    shown = shorten(f" {name.text}") if isinstance(name, Scalar) else ""
    return f"{key}{shown}", f"{_PARTS.get(key, f' {key} ')}{shown}"
