"""Text as it lies on disk: read with limits, decoded, and free of anything that a terminal would obey."""

from __future__ import annotations

import re
from pathlib import Path

from attnquiz.content.problems import START, Findings, find_spot

MAX_BYTES = 2_000_000

# C0 and C1 controls but for tab and line feed, line and paragraph separators, overrides of the writing direction
# (they can make a line read otherwise than it runs), lone surrogates and what is no character at all.
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def read_source(path: Path, findings: Findings) -> str:
    """A whole text file, or the error that says at which character it cannot be used."""
    data = _read_bytes(path, findings)
    text = _decode(data, findings).replace("\r\n", "\n")
    if text.startswith("\ufeff"):
        raise findings.fatal(START, "byte-order-mark")
    if found := CONTROL.search(text):
        raise findings.fatal(find_spot(text, found.start()), "control-character", char=name_char(found[0]))
    return text


def read_answer(path: Path) -> str:
    """A written answer to be shown: what does not belong in a text becomes a replacement character."""
    data = _read_bytes(path, Findings(path))
    text = data.decode("utf-8", errors="replace").removeprefix("\ufeff").replace("\r\n", "\n")
    return CONTROL.sub("\ufffd", text)


def name_char(char: str) -> str:
    """The name of a character that must not be shown."""
    return f"U+{ord(char):04X}"


def _read_bytes(path: Path, findings: Findings) -> bytes:
    if path.exists() and not path.is_file():  # a pipe would never end
        raise findings.fatal(START, "not-a-file")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise findings.fatal(START, "unreadable", reason=error.strerror or type(error).__name__) from None
    if len(data) > MAX_BYTES:
        raise findings.fatal(START, "too-big")
    return data


def _decode(data: bytes, findings: Findings) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").replace("\r\n", "\n")
        place = find_spot(before, len(before))
        raise findings.fatal(place, "bad-encoding", byte=f"0x{data[error.start]:02X}") from None
