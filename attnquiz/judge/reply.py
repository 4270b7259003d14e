"""How a call to the submission is made, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attnquiz.judge.mistake import Looks

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Options:
    """The keywords of `asking`."""

    grad_of: Sequence[Tensor] = ()  # arguments (the very objects given) whose gradients are wanted
    parameters: bool = False  # and those of the module's parameters
    cotangent: Any = None  # weights of the outputs for these gradients: a tensor, or as many as there are outputs
    seed: int | None = None  # of torch's random numbers in the call
    may_raise: bool = False  # an exception is put into the reply instead of failing the check
    on_error: Looks | None = None  # the mistake that an exception looks like
    memory_mib: float | None = None  # beyond what the process and the arguments take
    seconds: float | None = None  # of wall time
    beyond: Looks | None = None  # the mistake that going beyond memory_mib or seconds looks like
    trace: bool = False  # note the largest tensor that an operation makes
    any_kind: bool = False  # what is returned need not be what RETURNS says


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of the submission: its class and bases by name, its message, the line of the submission."""

    kinds: tuple[str, ...]
    message: str
    line: int | None

    def text(self) -> str:
        return f"{self.kinds[0]}: {self.message}" if self.message else self.kinds[0]


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest tensor that one operation made. Counted inside the process: for messages only."""

    elements: int
    nbytes: int
    shape: tuple[int, ...]
    operation: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a call."""

    value: Any = None
    grads: Sequence[Tensor | None] = ()  # of grad_of, in its order; None where none flows back
    parameter_grads: Mapping[str, Tensor | None] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)  # the arguments, by name, as the call left them
    changed: tuple[str, ...] = ()  # the names of those that it changed
    moved: tuple[str, ...] = ()  # tensors inside arguments (`cache.k`) that live in other memory than before
    calls: Mapping[str, int] = field(default_factory=dict)  # how often each submodule was called
    raised: Raised | None = None
    largest: Largest | None = None
    aliases: bool = False  # something returned shares memory with an argument
