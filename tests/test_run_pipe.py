"""What comes through a demo's pipe: events among bytes, and text that cannot steer a terminal."""

from __future__ import annotations

import json

import pytest
from demos.write import random_cuts
from hypothesis import given
from hypothesis import strategies as st

from attnquiz.run.frames import BadFrame, Frames
from attnquiz.run.text import PlainText

MARKER = "0123456789abcdef" * 2


def frame(data: bytes, more: bool = False) -> bytes:
    return b"\0" + MARKER.encode() + (b"+" if more else b".") + b"%04x" % len(data) + data


def plain(*pieces: str) -> str:
    text = PlainText()
    return "".join(text.feed(piece.encode()) for piece in pieces) + text.flush()


@given(
    st.lists(st.binary(max_size=60) | st.dictionaries(st.text(max_size=5), st.integers(), max_size=3)), st.integers()
)
def test_events_and_output_arrive_whole_and_in_order_at_any_cut(items: list[bytes | dict[str, int]], seed: int) -> None:
    stream = b"".join(item if isinstance(item, bytes) else frame(json.dumps(item).encode()) for item in items)
    frames = Frames(MARKER)
    got = [item for piece in random_cuts(stream, seed) for item in frames.feed(piece)]
    got.append(frames.rest())
    assert joined(got) == joined(items)


def joined(items: list[bytes | dict[str, int]]) -> list[bytes | dict[str, int]]:
    """Neighbouring output as one."""
    out: list[bytes | dict[str, int]] = []
    for item in items:
        if isinstance(item, bytes) and out and isinstance(out[-1], bytes):
            out[-1] += item
        elif item != b"":
            out.append(item)
    return out


def test_a_long_event_comes_in_several_frames() -> None:
    data = json.dumps({"x": "y" * 100}).encode()
    stream = frame(data[:50], more=True) + b"between" + frame(data[50:])
    assert list(Frames(MARKER).feed(stream)) == [b"between", {"x": "y" * 100}]


def test_another_marker_is_output() -> None:
    other = frame(b"{}").replace(b"0", b"1")
    assert list(Frames(MARKER).feed(other + b"\n")) == [other + b"\n"]


def test_an_event_without_end_is_given_up() -> None:
    with pytest.raises(BadFrame):
        list(Frames(MARKER).feed(frame(b"x" * 0xFFFF, more=True) * 100))


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[1;1Hhome", "home"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;ZXZpbA==\x07", ""),
        ("\x1bPdevice\x1b\\x", "x"),
        ("\x1bc\x1b(Bx\x1b=", "x"),
        ("\x9b31mred", "31mred"),
        ("bell\x07 back\x08 null\x00 del\x7f", "bell back null del"),
        ("\u202egnp.exe", "gnp.exe"),
        ("tab\tline\n", "tab\tline\n"),
        ("dos\r\nline\r\n", "dos\nline\n"),
        ("10%\r20%\r30%\n", "30%\n"),
        ("10%\r", "10%"),
        ("注意力 √d_k 🙂", "注意力 √d_k 🙂"),
        ("\x1b]0;no end\nrest", "]0;no end\nrest"),
        ("end\x1b", "end"),
        ("a\x1b[", "a["),
    ],
)
def test_output_is_shown_plain(printed: str, shown: str) -> None:
    assert plain(printed) == shown


@given(st.text(alphabet="a1;\x1b[]\\()PXm\x07\r\n\x9b文", max_size=60), st.integers())
def test_nothing_that_steers_a_terminal_is_left_at_any_cut(printed: str, seed: int) -> None:
    text = PlainText()
    shown = "".join(text.feed(piece) for piece in random_cuts(printed.encode(), seed)) + text.flush()
    assert not set(shown) & set("\x1b\x07\r\x9b")


def test_a_progress_bar_that_has_been_shown_goes_on_below_and_only_its_last_state_is_shown() -> None:
    text = PlainText()
    assert text.feed(b"10%") == "10%"
    assert text.feed(b"\r20%") == "\n"
    assert text.feed(b"\r30%") == ""
    assert text.feed(b"\r40%\n") == "40%\n"
    assert text.feed(b"next") == "next"


def test_a_character_cut_in_two_is_shown_whole() -> None:
    text = PlainText()
    first, second = "注".encode()[:2], "注".encode()[2:]
    assert text.feed(first) + text.feed(second) == "注"


def test_bytes_that_are_no_text_are_replaced() -> None:
    text = PlainText()
    assert text.feed(b"\xff\xfe") + text.flush() == "\ufffd\ufffd"
