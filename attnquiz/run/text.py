"""What a demo prints, made plain: nothing in it can steer a terminal."""

import codecs
import re

ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, the cursor
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # OSC and its kin: titles, links, the clipboard
    r"|\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ`-~\\]"  # character sets, resets
)
UNFINISHED = re.compile(r"(?:\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\n]*\x1b?|[ -/]*)|\r)\Z")
LONGEST_ESCAPE = 4096
# All controls but tab, newline and carriage return, and the marks that reorder what is read from left to right.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """A whole text, with each carriage return as the end of its line."""
    return CONTROL.sub("", ESCAPE.sub("", text).replace("\r\n", "\n").replace("\r", "\n"))


class PlainText:
    """Bytes in, text out, at any cut between them.

    After a carriage return, what is printed takes the place of the line, unless that has been given out already.
    """

    def __init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.kept = ""  # an escape sequence that may be unfinished, or a \r that may belong to a \r\n
        self.line = ""  # of the last line, what has not been given out
        self.shown = False  # some of the last line has been given out
        self.returned = False  # the next text begins the line anew
        self.redrawn = False  # the line has begun anew before, and will again

    def feed(self, data: bytes) -> str:
        """What can be shown now. A line that is being redrawn waits for its end."""
        text = self.kept + self.decoder.decode(data)
        unfinished = UNFINISHED.search(text, max(0, len(text) - LONGEST_ESCAPE))
        cut = unfinished.start() if unfinished else len(text)
        self.kept = text[cut:]
        done = self._take(text[:cut])
        return done if self.redrawn else done + self._show()

    def flush(self) -> str:
        """All that is there, at a pause or an event."""
        text = self.kept + self.decoder.decode(b"", final=True)
        self.kept = ""
        return self._take(text) + self._show()

    def _take(self, text: str) -> str:
        """The lines that are complete."""
        done = ""
        for piece in re.split(r"([\r\n])", CONTROL.sub("", ESCAPE.sub("", text)).replace("\r\n", "\n")):
            if piece == "\n":
                done += self._show() + "\n"
                self.shown = self.returned = self.redrawn = False
            elif piece == "\r":
                self.returned = self.redrawn = True
            elif piece:
                done += self._begin_anew() if self.returned else ""
                self.line += piece
        return done

    def _begin_anew(self) -> str:
        before = "\n" if self.shown else ""
        self.line, self.shown, self.returned = "", False, False
        return before

    def _show(self) -> str:
        line, self.line = self.line, ""
        self.shown = self.shown or bool(line)
        return line
