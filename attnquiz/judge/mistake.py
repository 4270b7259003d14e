"""What a failed check says: the mistake that it looks like, the input, expected and got, and what to think about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from attnquiz.judge.wire import Handle, Odd

if TYPE_CHECKING:
    from torch import Tensor

MAX_LINES = 12
MAX_SHOWN = 12  # elements of a tensor that are written out, if they fit into
MAX_WIDTH = 100

Pair = tuple[str, str]  # the same in English and in Chinese
Builtin = Literal["load", "limits", "conduct", "plain"]


@dataclass(frozen=True, slots=True)
class Looks:
    """A mistake by its looks, with one line of what to think about, in both languages."""

    en: str
    zh: str
    think_en: str = ""
    think_zh: str = ""

    def about(self, **facts: object) -> Looks:
        """Fill in the {names} of the texts."""
        texts = (text.format(**facts) for text in (self.en, self.zh, self.think_en, self.think_zh))
        return Looks(*texts)


@dataclass(slots=True)
class Mistake(Exception):
    """The check that is running has failed."""

    looks: Looks
    lines: list[Pair] = field(default_factory=list)


@dataclass(slots=True)
class Violation(Exception):
    """A rule that holds for every exercise was broken: one of the built-in checks has failed."""

    check: Builtin
    looks: Looks
    lines: list[Pair] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Text:
    """Words of ours in the place of a value: shown without quotes. Names and numbers need no Chinese."""

    en: str
    zh: str = ""


def render(looks: Looks, call: str, given: Mapping[str, object], lines: list[Pair]) -> tuple[str, str]:
    """Both texts, in at most MAX_LINES lines: the arguments of the call give way first."""
    room = MAX_LINES - len(lines) - 2
    shown = [(f"{call}({', '.join(given)})",) * 2] if call else []
    shown += [(f"{name} = {show(value)}",) * 2 for name, value in given.items()]
    if len(shown) > room:
        left = len(shown) - room + 1
        shown = [*shown[: room - 1], (f"({left} more arguments)", f"（另有 {left} 个参数）")]
    en = [looks.en, *(f"  {en}" for en, _ in [*shown, *lines]), looks.think_en]
    zh = [looks.zh, *(f"  {zh}" for _, zh in [*shown, *lines]), looks.think_zh]
    return "\n".join(filter(None, en)), "\n".join(filter(None, zh))


def difference(want: object, got: object, at: str = "") -> list[Pair]:
    """The lines `expected` and `got`."""
    return [
        (f"expected{at}: {show(want)}", f"期望{at}：{show(want, 'zh')}"),
        (f"got{at}: {show(got)}", f"得到{at}：{show(got, 'zh')}"),
    ]


def show(value: object, lang: str = "en") -> str:
    """A value on one line: small tensors with their elements, others by type and shape."""
    import torch

    if isinstance(value, torch.Tensor):
        return _show_tensor(value)
    if isinstance(value, Text):
        return value.zh if lang == "zh" and value.zh else value.en
    if isinstance(value, Handle):
        return "an object"
    if isinstance(value, Odd):
        return f"<{clean(value.what)}>"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {show(item)}" for key, item in list(value.items())[:4]) + "}"
    if isinstance(value, (tuple, list)):
        return f"({', '.join(show(item) for item in value[:6])}{',' * (len(value) == 1)})"
    if isinstance(value, float):
        return f"{value:.6g}" if value % 1 else repr(value)
    return clean(repr(value))[:MAX_WIDTH]


def _show_tensor(tensor: Tensor) -> str:
    if not tensor.dim():
        return _elements(tensor.item(), 9)
    dtype = "" if str(tensor.dtype) == "torch.float64" else str(tensor.dtype).removeprefix("torch.") + " "
    text = f"{dtype}{tuple(tensor.shape)}"
    if tensor.numel() <= MAX_SHOWN:
        whole = f"{text} {_elements(tensor.tolist(), 4)}"
        return whole if len(whole) <= MAX_WIDTH else text
    return text


def _elements(data: object, digits: int) -> str:
    if isinstance(data, list):
        return "[" + ", ".join(_elements(item, digits) for item in data) + "]"
    if isinstance(data, bool):
        return "T" if data else "F"
    return f"{data:.{digits}g}" if isinstance(data, float) else str(data)


def clean(text: str) -> str:
    """On one line and without control characters: the text may come from a submission."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def with_hint(looks: Looks, think: Looks) -> Looks:
    """`looks`, thinking about what `think` says where it has nothing of its own."""
    return looks if looks.think_en else replace(looks, think_en=think.think_en, think_zh=think.think_zh)
