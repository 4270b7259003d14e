"""An answer typed in several lines, with an editor that knows Chinese."""

from __future__ import annotations

import sys

from rich.text import Text

from attnquiz.session.drill import Drill
from attnquiz.ui.drill_screen import View
from attnquiz.ui.inline import inline_text
from attnquiz.ui.paint import Indented, stack


def type_text(view: View, drill: Drill, width: int) -> str | None:
    """What the user typed; None when they left with Ctrl-C or Ctrl-D. Enter ends it, Alt-Enter begins a new line."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.output import create_output

    bindings = KeyBindings()

    @bindings.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    question = inline_text(drill.card.ask.text(view.say.lang))
    question.stylize("bold")
    head = stack(Text(""), Indented(question), Text(""), Indented(Text(view.say("how_to_type"), style="dim")), Text(""))
    print("\n".join(view.painter.lines(head, width)))
    output = create_output(sys.stdout)
    output.enable_cpr = False  # type: ignore[attr-defined]  # nothing stands below the prompt, no need to ask where it is
    session: PromptSession[str] = PromptSession(key_bindings=bindings, output=output, prompt_continuation="   ")
    try:
        return session.prompt(" > ").strip() or None
    except (KeyboardInterrupt, EOFError):
        return None
