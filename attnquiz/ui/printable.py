"""Text from outside made harmless: nothing in it can move the cursor, change colours or turn the line around."""

from __future__ import annotations

_PICTURES = {code: chr(0x2400 + code) for code in range(32)} | {0x7F: "␡"}  # ␛ for the escape character, and so on
_LINES = {0x09: "    ", **dict.fromkeys([0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029], "\n")}
_STRANGE = dict.fromkeys([*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)], "\ufffd")
_WIDENER = "\ufe0f"  # makes a sign an emoji; terminals do not agree on how wide the result is

_TABLE: dict[int, str] = _PICTURES | _STRANGE | _LINES | {ord(_WIDENER): ""}


def printable(text: str) -> str:
    """The text with control characters shown as pictures (`␛`), tabs as spaces and every kind of line end as `\\n`."""
    if text.isprintable() and _WIDENER not in text:
        return text
    shown = text.replace("\r\n", "\n").translate(_TABLE)
    if shown.replace("\n", "").isprintable():
        return shown
    from unicodedata import category  # rarely wanted

    instead = {"Cf": "", "Cs": "\ufffd"}  # what is invisible, and halves of characters
    return "".join(instead.get(category(character), character) for character in shown)
