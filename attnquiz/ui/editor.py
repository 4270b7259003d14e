"""The editor of the user's choice, at work on a file until it is left."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from attnquiz.errors import AttnquizError

PLUS = {"vi", "vim", "nvim", "gvim", "view", "nano", "pico", "emacs", "emacsclient", "micro", "kak", "joe", "ne"}
COLON = {"hx", "helix", "subl", "zed"}
GOTO = {"code", "codium", "cursor"}


@dataclass(frozen=True, slots=True)
class Editor:
    """`command` is the program and its own options."""

    command: tuple[str, ...]

    def open(self, path: Path, line: int = 1) -> None:
        """Wait until it is left. Raises AttnquizError when it cannot be started."""
        import signal
        import subprocess  # not needed to ask a question

        before = signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is the editor's, which would inherit SIG_IGN
        try:
            subprocess.run([*self.command, *self.place(path, line)], check=False)
        except OSError:
            raise AttnquizError(
                f"the editor {self.command[0]} did not start; set VISUAL or EDITOR",
                f"编辑器 {self.command[0]} 没能启动；请设置 VISUAL 或 EDITOR",
            ) from None
        finally:
            signal.signal(signal.SIGINT, before)

    def place(self, path: Path, line: int) -> list[str]:
        """The file at a line, in the words of the editors that are known to have any."""
        name = Path(self.command[0]).stem
        if line <= 1:
            return [str(path)]
        if name in PLUS:
            return [f"+{line}", str(path)]
        if name in GOTO:
            return ["--goto", f"{path}:{line}"]
        return [f"{path}:{line}" if name in COLON else str(path)]
