"""The submission's process: takes requests from the referee, runs the submission on them, sends back what came out.

Nothing here decides anything. There is no reference in this process, and a reply carries only values that the referee
compares, so code that takes this module over gains what it would gain by returning those values. The channel is a pair
of private descriptors; what the submission prints goes to the captured stream that was its stderr.
"""

from __future__ import annotations

import linecache
import os
import sys
import tempfile
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from attnquiz.judge.observe import (
    SUBMISSION,
    Largest,
    World,
    describe_error,
    gradients,
    plain,
    shares_memory,
    tensors_of,
    watch_largest,
)
from attnquiz.judge.sandbox import Guard, find_readable, limit_resources, lock
from attnquiz.judge.wire import Closed, Json, Reader, pack, read_frame, write_value

if TYPE_CHECKING:
    from torch import Tensor


def main(arguments: list[str]) -> None:
    """`child CPU_SECONDS [CLOSED...]`: CLOSED are the paths that stay shut even among the libraries."""
    cpu_s, *closed = arguments
    requests, replies = claim_channel()
    readable = find_readable(tuple(map(Path, closed)))
    limit_resources(int(cpu_s))
    granted = lock(readable)
    # Parts of torch ask for these folders when they are imported, and are content with any that is there.
    tempfile.tempdir = os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(readable.roots[0])
    try:
        load_torch()
    except ImportError as error:
        send(replies, {"missing": str(error)[:200]}, [])
        return
    warm_up()
    host = Host(Guard(readable, alone=not granted["landlock"]))
    send(replies, {"ready": granted, "roots": [str(root) for root in readable.roots]}, [])
    try:
        serve(host, requests, replies)
    except (Closed, OSError):
        os._exit(0)  # whatever threads are left


def claim_channel() -> tuple[BinaryIO, BinaryIO]:
    """Move the channel off the standard descriptors; printing then goes where stderr goes."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def load_torch() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, about what it was built with
        import torch

    torch.set_num_threads(1)


def warm_up() -> None:
    """A process's first product, softmax and backward pass cost tens of milliseconds: pay before the clock runs."""
    import torch

    x = torch.ones(2, 2, requires_grad=True)
    torch.nn.Linear(2, 2)((x @ x).softmax(-1)).sum().backward()


def serve(host: Host, requests: BinaryIO, replies: BinaryIO) -> None:
    while True:
        request, payload = read_frame(requests)
        tensors: list[Tensor] = []
        header = host.answer(request, payload, tensors)
        flush_prints()
        send(replies, {"number": request["number"], **header}, tensors)


def send(replies: BinaryIO, header: Json, tensors: list[Tensor]) -> None:
    replies.write(pack(header, tensors))
    replies.flush()


def flush_prints() -> None:
    for stream in sys.stdout, sys.stderr:
        try:
            stream.flush()
        except BaseException:  # replaced or closed by the submission, which is its own loss
            continue


class Host:
    """The submission's module and the objects it made, by number."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.module = types.ModuleType("submission")
        self.objects: dict[int, Any] = {}
        self.calls: dict[str, int] = {}
        self.world = World()

    def answer(self, request: Json, payload: bytearray, out: list[Tensor]) -> Json:
        if request["op"] == "load":
            return self.load(request, payload)
        return self.call(request, payload, out) if request["op"] == "call" else {}

    def load(self, request: Json, source: bytearray) -> Json:
        self.guard.close(request["closed"])
        self.module.__file__ = SUBMISSION
        sys.modules["submission"] = self.module
        lines = source.decode("utf-8-sig", "replace").splitlines(keepends=True)
        linecache.cache[SUBMISSION] = (len(source), None, lines, SUBMISSION)  # for tracebacks and torch.jit
        self.world.reset(request["seed"])
        self.world.remember()
        try:
            exec(compile(bytes(source), SUBMISSION, "exec", dont_inherit=True), self.module.__dict__)
        except BaseException as error:
            return {"raised": describe_error(error)} | self._conduct()
        return {"kinds": {name: self._kind(name) for name in request["names"]}} | self._conduct()

    def _kind(self, name: str) -> str:
        import torch

        thing = vars(self.module).get(name)
        if isinstance(thing, type):
            return "module" if issubclass(thing, torch.nn.Module) else "class"
        return "function" if callable(thing) else "missing" if thing is None else "other"

    def call(self, request: Json, payload: bytearray, out: list[Tensor]) -> Json:
        """One call. `out` receives the tensors of value, grads, parameter_grads and after, in this order."""
        reader = Reader(payload, handles=self.objects.__getitem__)
        args, kwargs = reader.value(request["args"]), reader.value(request["kwargs"])
        cotangent = [tensor for _, tensor in tensors_of(reader.value(request["cotangent"]))]
        places = {path: (tensor, tensor.data_ptr()) for path, tensor in tensors_of([args, kwargs])}
        inputs = [tensor for tensor, _ in places.values()]
        wanted = [inputs[number].requires_grad_() for number in request["grad_of"]]
        seen = Largest(inputs)
        self.world.reset(request["seed"])
        self.calls.clear()
        try:
            target = self._target(request["target"])
            with watch_largest(seen, request["trace"]):
                value = target(*args, **kwargs)
            header: Json = {"value": self._store(value) if request["keep"] else write_value(value, out, plain(out))}
            header |= self._gradients(value, wanted, cotangent, request, out)
        except BaseException as error:
            out.clear()
            return {"raised": describe_error(error), "largest": seen.found} | self._conduct()
        if request["after"]:
            header["after"] = write_value([args, kwargs], out, plain(out))
            now = dict(tensors_of([args, kwargs]))
            header["moved"] = [path for path in places if path not in now or now[path].data_ptr() != places[path][1]]
        header["alias"] = any(shares_memory(tensor, inputs) for _, tensor in tensors_of(value))
        return header | {"calls": dict(self.calls), "largest": seen.found} | self._conduct()

    def _target(self, target: Json) -> Callable[..., Any]:
        handle, name = target
        found = getattr(self.module if handle is None else self.objects[handle], name)
        if not callable(found):
            raise TypeError(f"{name} cannot be called")
        return found  # type: ignore[no-any-return]

    def _gradients(
        self, value: object, wanted: list[Tensor], cotangent: list[Tensor], request: Json, out: list[Tensor]
    ) -> Json:
        owner = self.objects.get(request["target"][0]) if request["parameters"] else None
        parameters = dict(owner.named_parameters()) if owner is not None else {}
        grads = gradients(value, [*wanted, *parameters.values()], cotangent)
        of_inputs, of_parameters = grads[: len(wanted)], dict(zip(parameters, grads[len(wanted) :], strict=True))
        return {
            "grads": write_value(of_inputs, out, plain(out)),
            "parameter_grads": write_value(of_parameters, out, plain(out)),
        }

    def _store(self, thing: object) -> Json:
        import torch

        number = len(self.objects)
        self.objects[number] = thing
        if isinstance(thing, torch.nn.Module):
            for name, child in thing.named_children():
                child.register_forward_hook(self._counter(name))
        return {"handle": number}

    def _counter(self, name: str) -> Callable[..., None]:
        def count(*_: object) -> None:
            self.calls[name] = self.calls.get(name, 0) + 1

        return count

    def _conduct(self) -> Json:
        return {"changed": self.world.changes(), "touched": list(self.guard.touched)}
