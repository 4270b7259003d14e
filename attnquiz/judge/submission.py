"""The submission as a check sees it: the stub's functions and classes by name, called in the other process.

out = submission.attention(q, k, v)                     # a value; the check fails when the call does
reply = submission.asking(grad_of=[q, k], cotangent=g).attention(q, k, v)
reply.value, reply.grads, reply.changed
block = submission.Block(8, 2).load(state).eval()       # the object stays in the other process
out = block(x, causal=True)
reply = block.asking(parameters=True, cotangent=g)(x)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attnquiz.judge import messages
from attnquiz.judge.dialogue import Call, Dialogue
from attnquiz.judge.mistake import Mistake, Text, difference
from attnquiz.judge.reply import Options, Reply

if TYPE_CHECKING:
    from torch import Tensor

ANY_KIND = Options(any_kind=True)


class Submission:
    """Attributes are the stub's names; `asking(...)` gives the same names, returning whole replies."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue

    def __getattr__(self, name: str) -> Callable[..., Any]:
        _check_name(name, self._dialogue)
        if f"{name}.__init__" in self._dialogue.signatures:
            return lambda *args, **kwargs: self._make(name, args, kwargs, Options())
        return lambda *args, **kwargs: self._dialogue.call(Call(name, None, args, kwargs), Options()).value

    def asking(self, **options: Any) -> Asking:
        """See `Options` for the keywords."""
        return Asking(self._dialogue, Options(**options))

    def _make(self, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], options: Options) -> Kept:
        reply = self._dialogue.call(Call(f"{name}.__init__", None, args, kwargs), options)
        return Kept(self._dialogue, name, reply.value.number)


class Asking:
    """`submission.asking(...)`: calls that return a Reply. A class is called for its error only (may_raise)."""

    def __init__(self, dialogue: Dialogue, options: Options) -> None:
        self._dialogue, self._options = dialogue, options

    def __getattr__(self, name: str) -> Callable[..., Reply]:
        _check_name(name, self._dialogue)
        full = f"{name}.__init__" if f"{name}.__init__" in self._dialogue.signatures else name
        return lambda *args, **kwargs: self._dialogue.call(Call(full, None, args, kwargs), self._options)


class Kept:
    """An object of the submission. Calling it calls `forward`; its other methods are called by name."""

    def __init__(self, dialogue: Dialogue, kind: str, number: int) -> None:
        self._dialogue, self._kind, self._number = dialogue, kind, number

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("forward", args, kwargs, Options()).value

    def __getattr__(self, name: str) -> Callable[..., Any]:
        _check_name(name, self._dialogue)
        return lambda *args, **kwargs: self._call(name, args, kwargs, Options()).value

    def asking(self, **options: Any) -> AskingKept:
        return AskingKept(self, Options(**options))

    def train(self) -> Kept:
        self._call("train", (), {}, ANY_KIND)
        return self

    def eval(self) -> Kept:
        self._call("eval", (), {}, ANY_KIND)
        return self

    def double(self) -> Kept:
        self._call("double", (), {}, ANY_KIND)
        return self

    def load(self, state: Mapping[str, Tensor]) -> Kept:
        """Load a state_dict in its own dtype. Its names and shapes must be there; what else there is stays as it is."""
        found = self.state()
        for name, tensor in state.items():
            shape = getattr(found.get(name), "shape", None)
            if shape != tensor.shape:
                raise Mistake(messages.NO_PARAMETER.about(name=name), difference(_size(tensor.shape), _size(shape)))
        if any(tensor.element_size() == 8 for tensor in state.values()):
            self.double()
        self._call("load_state_dict", (found | dict(state),), {}, ANY_KIND)
        return self

    def state(self) -> dict[str, Tensor]:
        value = self._call("state_dict", (), {}, ANY_KIND).value
        return value if isinstance(value, dict) else {}

    def _call(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], options: Options) -> Reply:
        return self._dialogue.call(Call(f"{self._kind}.{method}", self._number, args, kwargs), options)


class AskingKept:
    """`block.asking(...)`: calls that return a Reply."""

    def __init__(self, kept: Kept, options: Options) -> None:
        self._kept, self._options = kept, options

    def __call__(self, *args: Any, **kwargs: Any) -> Reply:
        return self._kept._call("forward", args, kwargs, self._options)

    def __getattr__(self, name: str) -> Callable[..., Reply]:
        _check_name(name, self._kept._dialogue)
        return lambda *args, **kwargs: self._kept._call(name, args, kwargs, self._options)


def _size(shape: Sequence[int] | None) -> Text:
    return Text("-" if shape is None else str(tuple(shape)))


def _check_name(name: str, dialogue: Dialogue) -> None:
    """A misspelt name in a check is the check's error, not the submission's."""
    if not any(name in known.split(".") for known in dialogue.signatures):
        raise AttributeError(f"the stub defines no {name}")
