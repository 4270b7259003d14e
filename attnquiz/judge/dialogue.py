"""One submission, asked through its process. Requests go out; replies are taken apart and believed in nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from attnquiz.judge import messages
from attnquiz.judge.mistake import Looks, Mistake, Pair, Text, Violation, clean, difference
from attnquiz.judge.process import Ended, Process
from attnquiz.judge.reply import Largest, Options, Raised, Reply
from attnquiz.judge.wire import Garbage, Handle, Json, Odd, Reader, write_value

if TYPE_CHECKING:
    from torch import Tensor

MIB = 1 << 20
COMPARED_AFTER = 4 * MIB  # arguments up to this size come back, to see whether the call changed them
SLACK = 16 * MIB  # for the process itself under a memory limit

Signatures = Mapping[str, Sequence[str]]  # "function" or "Class.method": the names of its parameters
Kind = Any  # torch.Tensor, or a tuple of kinds


@dataclass(frozen=True, slots=True)
class Call:
    """`name` is a function, `Class.__init__` or `Class.method`; the latter with the object's handle."""

    name: str
    handle: int | None
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    @property
    def makes_object(self) -> bool:
        return self.name.endswith(".__init__")

    def named(self, signatures: Signatures) -> dict[str, object]:
        """The arguments by the names that the stub gives them."""
        names = list(signatures.get(self.name, ()))
        names += [f"argument {number}" for number in range(len(names), len(self.args))]
        return dict(zip(names, self.args, strict=False)) | dict(self.kwargs)


@dataclass(slots=True)
class Dialogue:
    """Numbers the requests, and keeps the arguments of the last call for the message of a failed check."""

    process: Process
    signatures: Signatures
    remaining_s: Callable[[], float]
    draw_seed: Callable[[], int]
    returns: Mapping[str, Kind] = field(default_factory=dict)
    views_allowed: bool = False
    last: tuple[str, Mapping[str, object]] = ("", {})
    number: int = 0

    def load(self, source: bytes, closed: Sequence[str]) -> None:
        """Run the file; Violation unless it defines what the stub does."""
        names = [name for name in self.signatures if "." not in name]
        header = {"op": "load", "names": names, "closed": list(closed), "seed": self.draw_seed()}
        reply, _ = self._send(header, source, Options())
        if raised := _raised(reply):
            raise Violation("load", messages.of_error(raised, "the file"), messages.lines_of_error(raised))
        kinds = reply.get("kinds")
        for name in names:
            wanted = ("module", "class") if f"{name}.__init__" in self.signatures else ("function",)
            if not isinstance(kinds, dict) or kinds.get(name) not in wanted:
                raise Violation("load", messages.NOT_DEFINED.about(name=name, kind=wanted[-1]))

    def call(self, call: Call, options: Options) -> Reply:
        self.last = (call.name.removesuffix(".__init__"), call.named(self.signatures))
        header, tensors, size = self._request(call, options)
        if options.memory_mib is None:
            reply = self._ask(call, header, tensors, options)
        else:
            reply = self._ask_within_memory(call, header, tensors, options, int(options.memory_mib * MIB), size)
        if reply.raised and not options.may_raise:
            raise Mistake(_looks_of_error(reply.raised, call, options), messages.lines_of_error(reply.raised))
        if not reply.raised and not options.any_kind and not call.makes_object:
            _check_kind(reply.value, self.returns.get(call.name, _tensor()))
        if reply.aliases and not self.views_allowed and not call.makes_object:
            raise Violation("plain", messages.WRITES_INTO_INPUT if reply.changed else messages.ALIASES)
        return reply

    def _request(self, call: Call, options: Options) -> tuple[Json, list[Tensor], int]:
        tensors: list[Tensor] = []
        header: Json = {
            "op": "call",
            "target": _target(call),
            "args": write_value(list(call.args), tensors),
            "kwargs": write_value(dict(call.kwargs), tensors),
        }
        size = sum(tensor.nbytes for tensor in tensors)
        header["grad_of"] = [_position(wanted, tensors) for wanted in options.grad_of]
        weights = options.cotangent if isinstance(options.cotangent, (tuple, list)) else [options.cotangent]
        return (
            header
            | {
                "cotangent": write_value([] if options.cotangent is None else list(weights), tensors),
                "parameters": options.parameters,
                "seed": self.draw_seed() if options.seed is None else options.seed,
                "keep": call.makes_object,
                "after": size <= COMPARED_AFTER and not call.makes_object,
                "trace": options.trace,
            },
            tensors,
            size,
        )

    def _ask_within_memory(
        self, call: Call, header: Json, tensors: list[Tensor], options: Options, memory_bytes: int, size: int
    ) -> Reply:
        """The kernel refuses the memory where it can; elsewhere the largest tensor, as counted inside, is the bound."""
        beyond = options.beyond or messages.TOO_LARGE
        with self.process.memory_limit(memory_bytes + 3 * size + SLACK) as held:
            try:
                reply = self._ask(call, header | {"trace": not held}, tensors, options)
            except Ended as ended:
                raise Mistake(beyond) from ended
        if held and reply.raised and messages.ran_out_of_memory(reply.raised):
            raise Mistake(beyond, self._lines_of_largest(call, header, tensors, options))
        if not held and reply.largest and reply.largest.nbytes > memory_bytes:
            raise Mistake(beyond, [messages.line_of_largest(reply.largest)])
        return reply

    def _lines_of_largest(self, call: Call, header: Json, tensors: list[Tensor], options: Options) -> list[Pair]:
        """The call once more without the bound, to see what it was that did not fit."""
        with suppress(Violation, Ended):
            if largest := self._ask(call, header | {"trace": True}, tensors, options).largest:
                return [messages.line_of_largest(largest)]
        return []

    def _ask(self, call: Call, header: Json, tensors: list[Tensor], options: Options) -> Reply:
        raw, payload = self._send(header, tensors, options)
        if raised := _raised(raw):
            return Reply(raised=raised, largest=_largest(raw.get("largest")))
        try:
            return replace(self._read(call, header, raw, payload), aliases=bool(raw.get("alias")))
        except (Garbage, LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise Violation("conduct", messages.NO_REPLY) from error

    def _read(self, call: Call, header: Json, raw: Json, payload: bytearray) -> Reply:
        reader = Reader(payload, contiguous=True)
        value = reader.value(raw["value"])
        grads = tuple(reader.value(raw["grads"]))
        parameter_grads = dict(reader.value(raw["parameter_grads"]))
        calls = {name: int(count) for name, count in raw["calls"].items()}
        reply = Reply(value, grads, parameter_grads, calls=calls, largest=_largest(raw["largest"]))
        if len(grads) != len(header["grad_of"]):
            raise Garbage("not as many gradients as were asked for")
        if call.makes_object and not isinstance(value, Handle):
            raise Garbage("no object")
        if not header["after"]:
            return reply
        args, kwargs = reader.value(raw["after"])
        before, after = (
            call.named(self.signatures),
            replace(call, args=tuple(args), kwargs=kwargs).named(self.signatures),
        )
        changed = tuple(name for name in before if not _same_bits(before[name], after.get(name)))
        return replace(reply, after=after, changed=changed, moved=self._moved(call, raw["moved"]))

    def _moved(self, call: Call, paths: list[str]) -> tuple[str, ...]:
        """`.0.3.k` is k in the fourth positional argument, `.1.cache.k` k in the argument `cache`."""
        names = list(self.signatures.get(call.name, ()))
        found = []
        for path in paths:
            _, group, place, *rest = path.split(".")
            name = names[int(place)] if group == "0" and int(place) < len(names) else place
            found.append(".".join([name, *rest]))
        return tuple(found)

    def _send(self, header: Json, body: list[Tensor] | bytes, options: Options) -> tuple[Json, bytearray]:
        self.number += 1
        limits = self.process.limits
        seconds = min(self.remaining_s(), limits.call_s, options.seconds or limits.call_s)
        try:
            reply, payload = self.process.request(header | {"number": self.number}, body, seconds)
        except Ended as ended:
            if ended.why == "time" and options.seconds:
                raise Mistake(options.beyond or messages.TOO_SLOW.about(seconds=seconds)) from None
            if ended.why == "exit" and options.memory_mib is not None:
                raise
            raise _violation(ended, limits.call_s if seconds > 0 else limits.wall_s, limits.output_bytes) from None
        if touched := _texts(reply.get("touched")):
            raise Violation("conduct", messages.OPENS_CLOSED.about(names=touched))
        if changed := _texts(reply.get("changed")):
            raise Violation("conduct", messages.CHANGES_TORCH.about(names=changed))
        return reply, payload


def _looks_of_error(raised: Raised, call: Call, options: Options) -> Looks:
    looks = messages.of_error(raised, call.name)
    return options.on_error if options.on_error and not looks.think_en else looks


def _target(call: Call) -> Json:
    first, _, method = call.name.partition(".")
    if call.handle is None:
        return [None, first]
    return [call.handle, "__call__" if method == "forward" else method]


def _position(wanted: Tensor, tensors: Sequence[Tensor]) -> int:
    for number, tensor in enumerate(tensors):
        if tensor is wanted:
            return number
    raise ValueError("grad_of names a tensor that is not among the arguments")


def _check_kind(value: object, kind: Kind) -> None:
    if isinstance(value, Odd) and "tensor" in value.what:
        raise Violation("plain", messages.NOT_PLAIN.about(what=clean(value.what)))
    if kind is _tensor():
        if not isinstance(value, kind):
            raise Mistake(messages.WRONG_KIND, difference(Text("one tensor", "一个 tensor"), value))
        return
    if not isinstance(value, (tuple, list)) or len(value) != len(kind):
        raise Mistake(
            messages.WRONG_KIND, difference(Text(f"a tuple of {len(kind)}", f"{len(kind)} 个元素的 tuple"), value)
        )
    for part, wanted in zip(value, kind, strict=True):
        _check_kind(part, wanted)


def _tensor() -> Kind:
    import torch

    return torch.Tensor


def _same_bits(before: object, after: object) -> bool:
    """Two values with the same structure and the same bytes, NaN payloads included."""
    import torch

    if isinstance(before, torch.Tensor):
        if not isinstance(after, torch.Tensor) or (after.shape, after.dtype) != (before.shape, before.dtype):
            return False
        return torch.equal(*(tensor.contiguous().view(-1).view(torch.uint8) for tensor in (before, after)))
    if isinstance(before, (tuple, list)):
        same = type(before) is type(after) and len(before) == len(after)
        return same and all(_same_bits(*pair) for pair in zip(before, after, strict=True))  # type: ignore[call-overload]
    if isinstance(before, dict):
        same = isinstance(after, dict) and before.keys() == after.keys()
        return same and all(_same_bits(item, after[key]) for key, item in before.items())  # type: ignore[index]
    return type(before) is type(after) and before == after


def _raised(raw: Json) -> Raised | None:
    data = raw.get("raised")
    if not isinstance(data, dict):
        return None
    kinds, message, line = data.get("kinds"), data.get("message"), data.get("line")
    named = tuple(kind for kind in kinds if isinstance(kind, str)) if isinstance(kinds, list) else ()
    return Raised(named or ("Exception",), str(message)[:500], line if isinstance(line, int) else None)


def _largest(data: Json) -> Largest | None:
    if data is None:
        return None
    elements, nbytes, shape, operation = data
    return Largest(int(elements), int(nbytes), tuple(int(size) for size in shape), str(operation))


def _texts(data: Json) -> str:
    """Names sent by the other side, fit to be printed."""
    return ", ".join(clean(str(text))[:120] for text in data[:4]) if isinstance(data, list) else ""


def _violation(ended: Ended, seconds: float, output_bytes: int) -> Violation:
    if ended.why == "time":
        return Violation("limits", messages.TOO_SLOW.about(seconds=seconds))
    if ended.why == "output":
        return Violation("limits", messages.TOO_MUCH_PRINTED.about(limit=output_bytes))
    if ended.why == "garbage":
        return Violation("conduct", messages.NO_REPLY)
    return Violation("limits", messages.ENDED.about(code=ended.code))
