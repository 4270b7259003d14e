"""What a terminal sends, as keys."""

import os

from attnquiz.ui.keys import Keyboard, split_keys


def test_a_burst_is_taken_apart() -> None:
    assert split_keys("34\x1b[A q\r") == (["3", "4", "up", "space", "q", "enter"], "")


def test_a_sequence_cut_in_two_waits_for_its_end() -> None:
    assert split_keys("3\x1b[") == (["3"], "\x1b[")
    assert split_keys("\x1b[5~") == (["page-up"], "")


def test_a_lone_escape_is_a_key() -> None:
    assert split_keys("\x1b") == (["esc"], "")


def test_unknown_sequences_are_dropped_whole() -> None:
    assert split_keys("\x1b[200~x\x1b[1;5C") == (["x"], "")


def test_full_width_keys_of_an_input_method_count() -> None:
    assert split_keys("１？\u3000") == (["1", "?", "space"], "")


def keyboard_reading(*sent: bytes) -> list[str | None]:
    """The keys that a keyboard reads off a pipe, chunk by chunk."""
    read, write = os.pipe()
    keyboard = Keyboard(read)
    keys = []
    for data in sent:
        os.write(write, data)
        keyboard.fill()
        keys += keyboard.waiting
        keyboard.waiting.clear()
    os.close(read)
    os.close(write)
    return keys


def test_a_character_cut_in_two_is_one_key() -> None:
    data = "中".encode()
    assert keyboard_reading(data[:2], data[2:] + b"3") == ["中", "3"]


def test_bytes_that_are_no_utf8_do_not_hold_up_the_keys_after_them() -> None:
    assert keyboard_reading(b"\xff\xfe3")[-1] == "3"
