"""From LaTeX to one tree. Strict: what it does not know or cannot finish raises BadMath, so that nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

from attnquiz.ui.math import commands
from attnquiz.ui.math.symbols import CHARACTERS, SPACES, SYMBOLS
from attnquiz.ui.math.tree import EMPTY, Atom, BadMath, Brace, Fence, Grid, Node, Row, Script, Space

LONGEST = 4000  # characters; no formula that is read comes near
DEEPEST = 40  # groups within groups, and brackets within brackets: far from Python's own limit

_TOKEN = re.compile(r"\\\\(?:\*?\[-?[\d.]+ *[a-z]{2}\])?|\\operatorname\*|\\[A-Za-z]+|\\.|\s+|.", re.DOTALL)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*")
_PRIMES = ("", "′", "″", "‴")
_DELIMITERS = {".": "", "<": "⟨", ">": "⟩", **{mark: mark for mark in "()[]|/"}}

END_OF_GROUP = frozenset("}")
END_OF_OPTION = frozenset("]")
END_OF_FENCE = frozenset({"\\right", "\\middle"})
END_OF_CELL = frozenset({"&", "\\\\", "\\cr", "\\end", "}"})
_FOREIGN = frozenset({"}", "&", "\\\\", "\\cr", "\\end", "\\right", "\\middle", "$", "#", "\\"})


def parse(source: str) -> Node:
    """The tree of a formula, without its dollars. Raises BadMath."""
    if len(source) > LONGEST:
        raise BadMath(f"longer than {LONGEST} characters")
    parser = Parser(_COMMENT.sub("", source))
    grid = parser.grid("lines", frozenset({"&", "\\\\", "\\cr"}))
    if parser.token is not None:
        raise BadMath(f"{parser.token} without its beginning")
    body: Node = grid.rows[0][0] if len(grid.rows) == 1 and len(grid.rows[0]) == 1 else grid
    if parser.tag:
        body = Row((body, Space(2), Atom(f"({parser.tag})", "text")))
    return body


class Parser:
    """Reads tokens from left to right. `token` is the next one that is not white space, None at the end."""

    def __init__(self, source: str, depth: int = 0) -> None:
        # `\\[2pt]` is a line end like any other
        self.tokens = [token[:2] if token.startswith("\\\\") else token for token in _TOKEN.findall(source)]
        self.at = 0
        self.depth = depth
        self.tag = ""

    @property
    def token(self) -> str | None:
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> str:
        token = self.token
        if token is None:
            raise BadMath("it ends too early")
        self.at += 1
        return token

    def expect(self, token: str) -> None:
        if self.token != token:
            raise BadMath(f"{token} is missing")
        self.at += 1

    def row(self, stops: frozenset[str] = frozenset()) -> Row:
        """Items up to one of the stops, which is left in place, or to the end."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadMath("nested too deeply")
        builder = RowBuilder()
        while (token := self.token) is not None and token not in stops:
            if token in "^_'":
                builder.add(self.scripts(builder.take_base()))
            elif (node := self.atom()) is not None:
                base = builder.joined(node)
                builder.add(base if isinstance(base, Space) else self.scripts(base))
        self.depth -= 1
        return Row(tuple(builder.items))

    def scripts(self, base: Node) -> Node:
        """The base with what is written above and below it, if anything is."""
        sub: Node | None = None
        sup: Node | None = None
        primes = 0
        while (mark := self.token) is not None and mark in "^_'":
            self.at += 1
            if mark == "'":
                primes += 1
            elif mark == "^" and sup is None:
                sup = self.argument()
            elif mark == "_" and sub is None:
                sub = self.argument()
            else:
                raise BadMath(f"a second {mark} at the same place")
        if primes:
            prime = Atom(_PRIMES[primes] if primes < len(_PRIMES) else "′" * primes, "ord")
            sup = prime if sup is None else Row((prime, sup))
        return scripted(base, sub, sup)

    def argument(self) -> Node:
        """What a command or a script mark applies to: a group or one symbol."""
        if self.token in _FOREIGN or self.token in ("^", "_"):
            raise BadMath(f"{self.token} where an argument must stand")
        if self.token == "{":
            return self.group()
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadMath("nested too deeply")
        node = self.atom()
        self.depth -= 1
        return EMPTY if node is None else node

    def group(self) -> Node:
        self.expect("{")
        body = self.row(END_OF_GROUP)
        self.expect("}")
        if len(body.items) != 1:
            return body
        only = body.items[0]
        # In braces an operator loses its space: `{,}` and `{=}` are ordinary symbols.
        return Atom(only.text, "ord") if isinstance(only, Atom) and only.kind in _LOSES_SPACE else Row((only,))

    def option(self) -> Node | None:
        """An argument in square brackets, if there is one."""
        if self.token != "[":
            return None
        self.at += 1
        body = self.row(END_OF_OPTION)
        self.expect("]")
        return body

    def raw_group(self) -> str:
        """A group as it is written, white space included."""
        self.expect("{")
        start, depth = self.at, 1
        while depth:
            if self.at == len(self.tokens):
                raise BadMath("} is missing")
            depth += {"{": 1, "}": -1}.get(self.tokens[self.at], 0)
            self.at += 1
        return "".join(self.tokens[start : self.at - 1])

    def delimiter(self) -> str:
        """What follows \\left, \\right or \\big."""
        token = self.take()
        if token in _DELIMITERS:
            return _DELIMITERS[token]
        text, _ = SYMBOLS.get(token[1:], ("", "")) if token.startswith("\\") else ("", "")
        if not text:
            raise BadMath(f"{token} is no bracket")
        return text

    def fence(self) -> Node:
        """From behind \\left to \\right."""
        left, items = self.delimiter(), list(self.row(END_OF_FENCE).items)
        while self.token == "\\middle":
            self.at += 1
            items.append(Atom(self.delimiter(), "rel"))
            items.extend(self.row(END_OF_FENCE).items)
        self.expect("\\right")
        return Fence(left, Row(tuple(items)), self.delimiter())

    def grid(self, form: str, separators: frozenset[str], stops: frozenset[str] = frozenset()) -> Grid:
        """Cells up to a stop, which is left in place."""
        rows: list[list[Node]] = [[]]
        while True:
            rows[-1].append(self.row(separators | stops))
            token = self.token
            if token is None or token not in separators:
                break
            self.at += 1
            if token != "&":
                rows.append([])
        if rows[-1] == [EMPTY] and len(rows) > 1:
            rows.pop()
        return Grid(tuple(tuple(row) for row in rows), "", "", "rl", form)

    def atom(self) -> Node | None:
        """One symbol, group or command; None for what leaves nothing behind."""
        token = self.token
        if token == "{":
            return self.group()
        token = self.take()
        if token in _FOREIGN:
            raise BadMath(f"{token} where it cannot stand")
        if token == "~":
            return Space(1)
        if not token.startswith("\\"):
            text = "−" if token == "-" else token
            return Atom(text, CHARACTERS.get(text, "number" if text.isdigit() else "ord"))
        return self.command(token[1:])

    def command(self, name: str) -> Node | None:
        if name in SPACES:
            return Space(SPACES[name])
        if name in SYMBOLS:
            return Atom(*SYMBOLS[name])
        read: Callable[[Parser, str], Node | None] | None = commands.find(name)
        if read is None:
            raise BadMath(f"unknown command \\{name}")
        return read(self, name)


_LOSES_SPACE = frozenset({"bin", "rel", "punct", "open", "close"})


def scripted(base: Node, sub: Node | None, sup: Node | None) -> Node:
    if sub is None and sup is None:
        return base
    if isinstance(base, Brace) and base.label is None:
        return Brace(base.body, sup if base.over else sub, base.over)
    return Script(base, sub, sup)


class RowBuilder:
    """Items of a row as they come: digits become numbers, and brackets that match become a Fence."""

    def __init__(self) -> None:
        self.items: list[Node] = []
        self.opened: list[int] = []  # where the brackets stand that are still open

    def add(self, node: Node) -> None:
        if isinstance(node, Row):
            self.items.extend(node.items)
            return
        if isinstance(node, Atom) and node.kind == "open":
            self.opened.append(len(self.items))
            if len(self.opened) > DEEPEST:
                raise BadMath("nested too deeply")
        self.items.append(node)

    def take_base(self) -> Node:
        """What a script mark belongs to that does not follow its base at once, as in `\\sum\\limits_i`."""
        last = self.items[-1] if self.items else EMPTY
        if isinstance(last, (Row, Space, Script)) or (isinstance(last, Atom) and last.kind == "open"):
            return EMPTY
        return self.items.pop()

    def joined(self, node: Node) -> Node:
        """The node together with the items before it that it completes."""
        if not isinstance(node, Atom):
            return node
        last = self.items[-1] if self.items else None
        if isinstance(last, Atom) and last.kind == "number" and (node.kind == "number" or node.text == "."):
            self.items.pop()
            return Atom(last.text + node.text, "number")
        if node.text == "=" and isinstance(last, Atom) and last.text == ":":
            self.items.pop()
            return Atom(":=", "rel")
        if node.kind == "close" and self.opened:
            start = self.opened.pop()
            left, *body = self.items[start:]
            del self.items[start:]
            return Fence(left.text if isinstance(left, Atom) else "", Row(tuple(body)), node.text)
        return node
