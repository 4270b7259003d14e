"""What is seen of a call inside the submission's process: its tensors, its errors, and what it did to torch.

It words messages; no verdict rests on it alone.
"""

from __future__ import annotations

import builtins
import math
import sys
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attnquiz.judge.wire import DTYPES, MAX_PAYLOAD, Json, write_value

if TYPE_CHECKING:
    from torch import Tensor

SUBMISSION = "submission.py"
COMPILER = {"torch._dynamo", "torch._inductor"}  # reseed and patch torch when they are first used


def tensors_of(value: object, path: str = "") -> Iterator[tuple[str, Tensor]]:
    """Every tensor in a value with its path, in the order in which the value is written."""
    import torch

    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, (tuple, list)):
        for number, item in enumerate(value):
            yield from tensors_of(item, f"{path}.{number}")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from tensors_of(item, f"{path}.{key}")


def plain(out: list[Tensor]) -> Callable[[object], Json]:
    """Describes for `write_value` what a submission may return besides plain values."""
    import torch

    def describe(value: object) -> Json:
        if isinstance(value, OrderedDict):
            return write_value(dict(value), out, describe)
        if not isinstance(value, torch.Tensor):
            return None
        if what := _oddity(value):
            return {"odd": what}
        if value.numel() * value.element_size() > MAX_PAYLOAD // 4:
            return {"odd": f"tensor of shape {tuple(value.shape)}, far too large"}
        tensor = value.detach().resolve_conj().resolve_neg().clone(memory_format=torch.contiguous_format)
        return write_value(tensor, out)

    return describe


def _oddity(tensor: Tensor) -> str | None:
    """Why a tensor cannot be sent; Parameters are looked through, any other subclass is not."""
    import torch

    if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        return f"tensor subclass {type(tensor).__name__}"[:100]
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_nested:
        return f"{str(tensor.layout).removeprefix('torch.')} tensor"
    if tensor.device.type != "cpu":
        return f"tensor on the device {tensor.device}"
    if str(tensor.dtype).removeprefix("torch.") not in DTYPES:
        return f"tensor of {tensor.dtype}"
    return None


def shares_memory(tensor: Tensor, inputs: Iterable[Tensor]) -> bool:
    if _oddity(tensor) or not tensor.numel():
        return False
    place = tensor.untyped_storage().data_ptr()
    return any(place == other.untyped_storage().data_ptr() for other in inputs)


def gradients(value: object, wanted: list[Tensor], cotangent: list[Tensor]) -> list[Tensor | None]:
    """Of the outputs weighted by `cotangent`; None where nothing flows back."""
    import torch

    terms = [
        (output * weight.to(output.dtype)).sum()
        for (_, output), weight in zip(tensors_of(value), cotangent, strict=False)
        if output.requires_grad and output.shape == weight.shape
    ]
    if not terms or not wanted:
        return [None] * len(wanted)
    # A sum, and not grad_outputs: torch imports sympy, half a second, to check the shapes of those.
    return list(torch.autograd.grad(torch.stack(terms).sum(), wanted, allow_unused=True))


def describe_error(error: BaseException) -> Json:
    """Type, message and the submission's own line; an error may lie about all of them, and may fail to be printed."""
    try:
        message = str(error)
    except BaseException:
        message = "?"
    if isinstance(error, SyntaxError):
        message, line = str(error.msg), error.lineno  # in words it says the line as well
    else:
        frames = list(traceback.walk_tb(error.__traceback__))
        line = next((at for frame, at in reversed(frames) if frame.f_code.co_filename == SUBMISSION), None)
    kinds = [kind.__name__ for kind in type(error).__mro__]
    return {"kinds": kinds[:10], "message": message[:500], "line": line}


class Largest:
    """The largest tensor that an operation made, as [elements, bytes, shape, operation]; no view of what was given."""

    def __init__(self, given: Iterable[Tensor] = ()) -> None:
        self.given = {tensor.untyped_storage().data_ptr() for tensor in given}
        self.found: Json = None

    def note(self, operation: str, results: object) -> None:
        for tensor in (tensor for _, tensor in tensors_of(results) if not _oddity(tensor)):
            memory = tensor.untyped_storage()
            nbytes = memory.nbytes()
            if memory.data_ptr() not in self.given and (self.found is None or nbytes > self.found[1]):
                self.found = [nbytes // tensor.element_size(), nbytes, list(tensor.shape), operation[:100]]


def watch_largest(seen: Largest, active: bool) -> AbstractContextManager[Any]:
    if not active:
        return nullcontext()
    from torch.overrides import TorchFunctionMode  # a dispatch mode sees more, and imports the compiler for seconds

    class Watch(TorchFunctionMode):
        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            results = func(*args, **(kwargs or {}))
            seen.note(getattr(func, "__name__", "?"), results)
            return results

    return Watch()


@dataclass(slots=True)
class World:
    """torch and Python as they were before the submission came, to say what it has changed."""

    names: list[tuple[str, Mapping[str, object], dict[str, object]]] = field(default_factory=list)
    seed: int = 0
    compiler: set[str] = field(default_factory=set)

    def remember(self) -> None:
        import torch

        places: dict[str, object] = {
            "builtins": builtins,
            "math": math,
            "torch": torch,
            "torch.Tensor": torch.Tensor,
            "torch.linalg": torch.linalg,
            "torch.autograd": torch.autograd,
            "torch.nn": torch.nn,
            "torch.nn.Module": torch.nn.Module,
            "torch.nn.functional": torch.nn.functional,
            "sys.modules": sys.modules,
        }
        self.names.clear()
        for name, place in places.items():
            attributes: Mapping[str, object] = place if isinstance(place, dict) else vars(place)
            self.names.append((name, attributes, dict(attributes)))

    def reset(self, seed: int) -> None:
        import torch

        self.seed = seed
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        torch.set_num_threads(1)
        torch.default_generator.manual_seed(seed)  # torch.manual_seed writes down a stack trace for CUDA's sake

    def changes(self) -> list[str]:
        """In words that are the same in every language: names of torch's functions."""
        import torch

        if (compiler := COMPILER & sys.modules.keys()) > self.compiler:
            self.compiler = compiler
            self.remember()
            return []
        found = [f"{place}.{name}" for place, now, before in self.names for name in _replaced(now, before)]
        settings = {
            "torch.set_default_dtype": torch.get_default_dtype() != torch.float32,
            "torch.set_grad_enabled": not torch.is_grad_enabled(),
            "torch.set_num_threads": torch.get_num_threads() != 1,
            "torch.manual_seed": torch.initial_seed() != self.seed,
            "threading.Thread": threading.active_count() > 1,
        }
        return found[:5] + [name for name, changed in settings.items() if changed]


def _replaced(now: Mapping[str, object], before: dict[str, object]) -> list[str]:
    """Names of `before` that mean something else now; what is new is taken in, so that the next look is quick."""
    with suppress(Exception):  # an object that cannot be compared is none of torch's
        if now == before:
            return []
    missing = object()
    changed = [name for name, value in before.items() if now.get(name, missing) is not value]
    before.update(now)
    return [name[:100] for name in changed if not _is_compiler(now.get(name))]


def _is_compiler(thing: object) -> bool:
    return str(getattr(thing, "__module__", "")).startswith(tuple(COMPILER))
