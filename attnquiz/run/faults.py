"""What is wrong with a demo's form, at a place in the file."""

from dataclasses import dataclass
from pathlib import Path

from attnquiz.errors import BadDemo


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend; `line` counts from 1 and `column` too."""

    line: int
    column: int
    code: str
    en: str
    zh: str

    def error(self, path: Path) -> BadDemo:
        where = f"{path}:{self.line}"
        return BadDemo(f"{where}: {self.en}", f"{where}: {self.zh}")
