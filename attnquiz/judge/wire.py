"""Frames and values between the two torch processes, safe to read from a process that nobody trusts.

A frame is a prefix (magic, length of the header, length of the payload), a JSON header and the raw bytes of the tensors
in the order in which the header names them. Nothing is ever unpickled. A value is written as a one-key object: v (None,
bool, int, float, str), tuple, list, dict, tensor (dtype, shape, stride), handle (an object that stays where it is) or
odd (a description of anything else). What does not fit raises Garbage, whoever sent it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor

PREFIX = struct.Struct("<4sIQ")
MAGIC = b"aqj1"
MAX_HEADER = 1 << 20
MAX_PAYLOAD = 1 << 28
MAX_DEPTH = 12
MAX_DIMENSIONS = 16
DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "complex64", "complex128"),
    *("int64", "int32", "int16", "int8", "uint8", "bool"),
)

Json = Any


class Garbage(Exception):
    """Bytes that are no frame, or a frame that is no value."""


class Closed(Exception):
    """The other end is gone."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Handle:
    """An object that lives in the submission's process."""

    number: int


@dataclass(frozen=True, slots=True)
class Odd:
    """Something returned that is no plain value: what it is, in a few words."""

    what: str


def pack(header: Json, body: list[Tensor] | bytes) -> bytes:
    payload = [body] if isinstance(body, bytes) else [tensor_bytes(tensor) for tensor in body]
    text = json.dumps(header).encode()
    return b"".join([PREFIX.pack(MAGIC, len(text), sum(map(len, payload))), text, *payload])


def read_frame(stream: Readable, max_payload: int = MAX_PAYLOAD) -> tuple[Json, bytearray]:
    magic, header_size, payload_size = PREFIX.unpack(_read(stream, PREFIX.size))
    if magic != MAGIC or header_size > MAX_HEADER or payload_size > max_payload:
        raise Garbage("not a frame")
    text = _read(stream, header_size)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Garbage("no header") from error
    if not isinstance(header, dict):
        raise Garbage("no header")
    return header, _read(stream, payload_size)


def _read(stream: Readable, size: int) -> bytearray:
    data = bytearray()
    while len(data) < size:
        piece = stream.read(min(size - len(data), 1 << 20))
        if not piece:
            raise Closed
        data += piece
    return data


def tensor_bytes(tensor: Tensor) -> bytearray:
    """The tensor's elements in the order of its memory, gaps of a strided view included."""
    import torch

    flat = tensor.detach().as_strided((span(tensor.shape, tensor.stride()),), (1,))
    data = bytearray(flat.numel() * flat.element_size())
    if data:
        torch.frombuffer(data, dtype=torch.uint8).copy_(flat.view(torch.uint8))
    return data


def span(shape: tuple[int, ...], stride: tuple[int, ...]) -> int:
    """How many elements of memory a view reaches over."""
    return 0 if 0 in shape else 1 + sum((size - 1) * step for size, step in zip(shape, stride, strict=True))


def write_value(value: object, tensors: list[Tensor], describe: Callable[[object], Json] | None = None) -> Json:
    """The JSON of a value; its tensors are appended to `tensors`. `describe` may claim what is not plain."""
    import torch

    if described := describe(value) if describe else None:
        return described
    if value is None or type(value) in (bool, int, float, str):
        return {"v": value}
    if type(value) in (tuple, list):
        return {type(value).__name__: [write_value(item, tensors, describe) for item in value]}  # type: ignore[attr-defined]
    if type(value) is dict and all(type(key) is str for key in value):
        return {"dict": [[key, write_value(item, tensors, describe)] for key, item in value.items()]}
    if type(value) is Handle:
        return {"handle": value.number}
    if isinstance(value, torch.Tensor):
        tensors.append(value)
        return {"tensor": [str(value.dtype).removeprefix("torch."), list(value.shape), list(value.stride())]}
    return {"odd": f"{type(value).__name__} object"[:100]}


@dataclass(slots=True)
class Reader:
    """Reads values back, taking tensors off the payload from front to back."""

    payload: bytearray
    handles: Callable[[int], object] = Handle
    contiguous: bool = False  # whether gaps between elements are refused
    offset: int = 0

    def value(self, data: Json, depth: int = 0) -> Any:
        if not isinstance(data, dict) or len(data) != 1 or depth > MAX_DEPTH:
            raise Garbage("no value")
        ((kind, content),) = data.items()
        if kind == "v" and (content is None or isinstance(content, (bool, int, float, str))):
            return content
        if kind == "odd" and isinstance(content, str):
            return Odd(content)
        if kind == "handle" and type(content) is int:
            return self.handles(content)
        if not isinstance(content, list):
            raise Garbage("no value")
        if kind == "tensor":
            return self._tensor(content)
        if kind in ("tuple", "list"):
            items = [self.value(item, depth + 1) for item in content]
            return tuple(items) if kind == "tuple" else items
        if kind == "dict":
            return dict(self._entry(entry, depth) for entry in content)
        raise Garbage("no value")

    def _entry(self, entry: Json, depth: int) -> tuple[str, object]:
        if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[0], str):
            raise Garbage("no entry")
        return entry[0], self.value(entry[1], depth + 1)

    def _tensor(self, content: list[Json]) -> Tensor:
        import torch

        if len(content) != 3 or content[0] not in DTYPES or not all(map(_are_sizes, content[1:])):
            raise Garbage("no tensor")
        dtype_name, shape, stride = content
        if len(shape) != len(stride):
            raise Garbage("no tensor")
        if self.contiguous and stride != _contiguous_stride(shape):
            raise Garbage("gaps in a tensor")
        dtype: torch.dtype = getattr(torch, dtype_name)
        size = span(tuple(shape), tuple(stride)) * dtype.itemsize
        if size > len(self.payload) - self.offset:
            raise Garbage("a tensor without its bytes")
        if size == 0:
            return torch.empty_strided(shape, stride, dtype=dtype)
        flat = torch.frombuffer(self.payload, dtype=torch.uint8, count=size, offset=self.offset)
        self.offset += size
        return flat.clone().view(dtype).as_strided(shape, stride)


def _are_sizes(data: Json) -> bool:
    if not isinstance(data, list) or len(data) > MAX_DIMENSIONS:
        return False
    return all(type(size) is int and 0 <= size < 1 << 40 for size in data) and prod(max(n, 1) for n in data) < 1 << 50


def _contiguous_stride(shape: list[int]) -> list[int]:
    """torch's own: a dimension of size 0 counts as 1."""
    stride, step = [], 1
    for size in reversed(shape):
        stride.append(step)
        step *= max(size, 1)
    return stride[::-1]
