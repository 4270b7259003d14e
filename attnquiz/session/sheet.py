"""A file that the user changes: theirs, in the state folder."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from attnquiz.errors import AttnquizError


class Sheet:
    """The user's own copy of a stub, a bug or a demo: never overwritten, put aside by name."""

    def __init__(self, folder: Path, card_id: str, begins_with: str) -> None:
        self.path = folder / f"{card_id.replace(':', '-').replace('/', '-')}.py"
        self.begins_with = begins_with

    def begin(self) -> None:
        if self.path.exists():
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("x", encoding="utf-8") as file:
                file.write(self.begins_with)
        except OSError as error:
            raise self.cannot_write(error) from error

    def put_aside(self, day: date) -> Path | None:
        """Keep what was written under the day's name, so that the next time begins blank; None if nothing was."""
        if not self.path.exists() or self.is_untouched:
            return None
        for number in range(1, 1000):
            aside = self.path.with_name(f"{self.path.stem}.{day.isoformat()}.{number}.py")
            if not aside.exists():
                return self.move(aside)
        return None

    def move(self, aside: Path) -> Path:
        try:
            return self.path.rename(aside)
        except OSError as error:
            raise self.cannot_write(error) from error

    def cannot_write(self, error: OSError) -> AttnquizError:
        return AttnquizError(
            f"{self.path}: cannot be written ({error.strerror}); free the disk or set ATTNQUIZ_HOME elsewhere",
            f"{self.path}：写不进去（{error.strerror}）；请腾出磁盘空间，或把 ATTNQUIZ_HOME 设到别处",
        )

    @property
    def is_untouched(self) -> bool:
        """Whether it still says what it began with."""
        try:
            return self.path.read_text(encoding="utf-8", errors="replace") == self.begins_with
        except OSError:
            return False

    @property
    def saved_at(self) -> int:
        """0 while there is no such file: an editor that saves by renaming leaves a moment without one."""
        try:
            return self.path.stat().st_mtime_ns
        except OSError:
            return 0
