"""A claim as it is written: the one assert at the end of its cell, read as an operator and a bound."""

import ast
import math
import operator
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from attnquiz.run.faults import Fault

Op = Literal["<", ">"]

NO_CONTROL = re.compile(r"#\s*no control:\s*\S")
FORMS = "assert measured < B < control, or assert control < B < measured"
ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """`measured op bound` must hold; with a control, the bound lies between the two. `line` is that of the assert."""

    number: int
    says: str
    op: Op
    bound: float
    has_control: bool
    line: int

    def holds(self, measured: float, control: float | None) -> bool:
        """As the assert in the demo would have it: strictly, and never for a NaN."""
        ends = (measured, self.bound) if control is None else (measured, self.bound, control)
        chain = ends if self.op == "<" else ends[::-1]
        return all(low < high for low, high in pairwise(chain))


def read_claim(cell: ast.Module, text: str, first_line: int, number: int, says: str) -> Claim | Fault:
    """The claim that the cell, whose text begins at `first_line` of the file, ends in."""
    last = cell.body[-1] if cell.body else None
    if not isinstance(last, ast.Assert):
        line = first_line + (last.lineno if last else 1) - 1
        en = f"claim {number} does not end in its assert; the cell's last line is {FORMS}"
        return Fault(line, 1, "claim-assert", en, f"论断 {number} 没有以断言结尾；单元最后一行应为 {FORMS}")
    line, column = first_line + last.lineno - 1, last.col_offset + 1
    chain = _ascending(last.test)
    if chain is None or (shape := _shape(chain)) is None:
        en = f"claim {number} is not one chain around one bound; write {FORMS}"
        return Fault(line, column, "claim-assert", en, f"论断 {number} 的断言不是围绕一个界的链式比较；请写成 {FORMS}")
    op, bound_at, has_control = shape
    bound = evaluate(chain[bound_at])
    if bound is None:
        en = f"the bound of claim {number} is not a number; write a literal, or arithmetic on literals"
        return Fault(line, column, "claim-bound", en, f"论断 {number} 的界不是数字；请写数字字面量或其四则运算")
    claim = Claim(number, says, op, bound, has_control, line)
    return _binding_fault(cell, claim, column) or _control_fault(last, text, claim, column) or claim


def evaluate(node: ast.expr) -> float | None:
    """A finite number from literals and arithmetic on them, else None."""
    try:
        value = _evaluate(node)
    except (ValueError, ArithmeticError, RecursionError):
        return None
    return value if isinstance(value, float) and math.isfinite(value) else None


def _evaluate(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _evaluate(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
            value = ARITHMETIC[type(op)](_evaluate(left), _evaluate(right))
            return value if isinstance(value, float) else math.nan  # a negative base to a fraction is complex
    raise ValueError(type(node).__name__)


def _ascending(test: ast.expr) -> list[ast.expr] | None:
    """The parts of `a < b < c`, or of `c > b > a`, from the smallest."""
    if not isinstance(test, ast.Compare):
        return None
    parts = [test.left, *test.comparators]
    if all(isinstance(op, ast.Lt) for op in test.ops):
        return parts
    if all(isinstance(op, ast.Gt) for op in test.ops):
        return parts[::-1]
    return None


def _shape(chain: list[ast.expr]) -> tuple[Op, int, bool] | None:
    """The operator, where in the chain the bound stands, and whether there is a control."""
    match [part.id if isinstance(part, ast.Name) else "" for part in chain]:
        case ["measured", _, "control"]:
            return "<", 1, True
        case ["control", _, "measured"]:
            return ">", 1, True
        case ["measured", _]:
            return "<", 1, False
        case [_, "measured"]:
            return ">", 0, False
    return None


def _binding_fault(cell: ast.Module, claim: Claim, column: int) -> Fault | None:
    bound = {node.id for node in ast.walk(cell) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    wanted = ["measured", "control"] if claim.has_control else ["measured"]
    if missing := [name for name in wanted if name not in bound]:
        en = f"claim {claim.number} does not bind {missing[0]}; assign it in the claim's own cell"
        zh = f"论断 {claim.number} 没有给 {missing[0]} 赋值；请在该论断的单元内赋值"
        return Fault(claim.line, column, "claim-binding", en, zh)
    return None


def _control_fault(last: ast.Assert, text: str, claim: Claim, column: int) -> Fault | None:
    written = text.split("\n")[last.lineno - 1 : last.end_lineno]
    if claim.has_control or any(NO_CONTROL.search(line) for line in written):
        return None
    en = f"claim {claim.number} has no control; add one, or '# no control: <reason>' after the assert"
    zh = f"论断 {claim.number} 没有对照；请加上对照，或在断言后写「# no control: <理由>」"
    return Fault(claim.line, column, "claim-control", en, zh)
