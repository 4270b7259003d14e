"""Which editor is the user's."""

from __future__ import annotations

import os
import sys

from attnquiz.cli.world import World
from attnquiz.ui.editor import Editor


def find_editor(world: World) -> Editor | None:
    """$VISUAL, $EDITOR, or what the system is likely to have."""
    import shlex
    import shutil

    named = world.environment.get("VISUAL") or world.environment.get("EDITOR")
    if named:
        return Editor(tuple(shlex.split(named, posix=os.name != "nt")))
    usual = ["notepad"] if sys.platform == "win32" else ["nano", "vim", "vi"]
    return next((Editor((name,)) for name in usual if shutil.which(name)), None)
