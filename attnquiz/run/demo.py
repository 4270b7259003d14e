"""A demo as it is written: cells, claims and the one seed, read from a percent script."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from attnquiz.errors import BadDemo
from attnquiz.run.claims import Claim
from attnquiz.run.faults import Fault
from attnquiz.run.form import form_faults, is_manual_seed
from attnquiz.run.percent import Cell, code_trees, read_cells
from attnquiz.run.text import CONTROL


@dataclass(frozen=True, slots=True)
class Demo:
    """`id` is the question's; `source` is the whole file with `seed` in it."""

    id: str
    path: Path
    source: str
    title: str
    cells: tuple[Cell, ...]
    seed: int

    @property
    def claims(self) -> tuple[Claim, ...]:
        return tuple(cell.claim for cell in self.cells if cell.claim)


def load_demo(path: Path, id: str | None = None) -> Demo:  # noqa: A002  (the word of every other part)
    """Read the file and parse it; BadDemo when it cannot be read or is not a demo."""
    try:
        source = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadDemo(
            f"{path}:1: not UTF-8 (byte {error.start}); save the file as UTF-8",
            f"{path}:1: 不是 UTF-8 编码（第 {error.start} 字节）；请将文件存为 UTF-8",
        ) from None
    except OSError as error:
        raise BadDemo(
            f"{path}:1: cannot be read: {error.strerror}; check the path and its permissions",
            f"{path}:1: 无法读取：{error.strerror}；请检查路径和权限",
        ) from None
    return parse_demo(source, path, id)


def parse_demo(source: str, path: Path, id: str | None = None) -> Demo:  # noqa: A002
    """Without `id`, the demo has that of its folder: `4.1.3-scaling/demo.py` is `4.1.3`."""
    demo, faults = read_demo(source, path)
    if faults:
        raise faults[0].error(path)
    return replace(demo, id=id) if id else demo


def read_demo(source: str, path: Path) -> tuple[Demo, list[Fault]]:
    """The demo as far as it can be read, and every fault that keeps it from being run, in the order of the file."""
    source = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    faults: list[Fault] = [*_control_faults(source)]
    cells = tuple(read_cells(source, faults))
    seeds = find_seeds(cells)
    faults += _seed_faults(seeds)
    title = next((cell.heading for cell in cells if cell.heading), "")
    seed = seeds[0].value if seeds else 0
    demo = Demo(path.parent.name.partition("-")[0], path, source, title, cells, seed)
    return demo, _in_order(faults)


def lint_demo(source: str, path: Path) -> list[tuple[int, int, str, str]]:
    """(line, column, code, message) of everything to mend, in the order of the file."""
    demo, faults = read_demo(source, path)
    faults = _in_order([*faults, *form_faults(demo.source, demo.cells)])
    return [(fault.line, fault.column, fault.code, fault.en) for fault in faults]


def with_seed(demo: Demo, seed: int) -> Demo:
    """The same demo under another seed, in the source and in its cells."""
    if seed == demo.seed:
        return demo
    place = find_seeds(demo.cells)[0]
    lines = demo.source.split("\n")
    line = lines[place.line - 1].encode()
    lines[place.line - 1] = (line[: place.start] + str(seed).encode() + line[place.end :]).decode()
    return parse_demo("\n".join(lines), demo.path, demo.id)


@dataclass(frozen=True, slots=True)
class Seed:
    """The literal in `torch.manual_seed(0)`: its value, its line and its place in the line, in bytes."""

    value: int
    line: int
    start: int
    end: int
    literal: bool = True


def find_seeds(cells: Iterable[Cell]) -> list[Seed]:
    return [
        _seed_of(call, cell.line)
        for cell, tree in code_trees(cells)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and is_manual_seed(call.func, of_torch=True)
    ]


def _seed_of(call: ast.Call, first_line: int) -> Seed:
    argument = call.args[0] if len(call.args) == 1 and not call.keywords else call
    value = argument.value if isinstance(argument, ast.Constant) else None
    literal = type(value) is int and argument.lineno == argument.end_lineno
    line = first_line + argument.lineno - 1
    return Seed(value if type(value) is int else 0, line, argument.col_offset, argument.end_col_offset or 0, literal)


def _control_faults(source: str) -> Iterator[Fault]:
    """What would steer the terminal that shows the demo, or show its code in another order than it runs."""
    for found in islice(CONTROL.finditer(source.replace("\f", "")), 1):
        line = source.count("\n", 0, found.start()) + 1
        en = f"a control character, U+{ord(found[0]):04X}; write it as an escape such as \\x1b"
        yield Fault(line, 1, "control", en, f"含有控制字符 U+{ord(found[0]):04X}；请写成 \\x1b 这样的转义")


def _seed_faults(seeds: list[Seed]) -> Iterator[Fault]:
    if not seeds:
        yield Fault(
            1, 1, "seed", "no seed; call torch.manual_seed(0) once", "没有随机种子；请调用一次 torch.manual_seed(0)"
        )
    for seed in seeds:
        if not seed.literal:
            en = "the seed is not a plain integer; write torch.manual_seed(0)"
            yield Fault(seed.line, seed.start + 1, "seed", en, "随机种子不是整数字面量；请写成 torch.manual_seed(0)")
    for seed in seeds[1:]:
        en = f"a second torch.manual_seed, after line {seeds[0].line}; keep one"
        zh = f"重复的 torch.manual_seed（第 {seeds[0].line} 行已有）；只保留一处"
        yield Fault(seed.line, seed.start + 1, "seed", en, zh)


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: (fault.line, fault.column))
