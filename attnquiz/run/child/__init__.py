"""The program that runs inside the interpreter of a demo: the standard library alone, Python 3.9 or newer.

It is started by its place (`run/process.py`), so the interpreter need not have attnquiz installed. Its first line on
stdin says how to begin (`hello`), its second what to run (`job`); both are JSON. The end of stdin ends everything.
Events go out between the demo's own output, on the same pipe (`wire.py`).
"""

from __future__ import annotations

import os
from typing import Any

from . import guard, limits, wire


def main() -> None:
    """Never returns: a torch interpreter needs half a second to shut down in order."""
    lines = guard.Lines(0)
    hello = lines.next()
    if hello and hello["serve"]:
        from . import server

        server.serve(hello)  # returns in a fork
        lines = guard.Lines(0)
        hello = lines.next()
    if hello is None:
        os._exit(0)
    os.mkdir(hello["folder"], 0o700)  # noqa: PTH102  (pathlib would make each start 4 ms longer)
    if hasattr(os, "fork"):
        guard.stand(hello, lines)  # returns in the process of the demo, with lines from the guard
        lines = guard.Lines(0)
    else:
        hello["limits"]["isolated"] = []
    work(hello, lines)


def work(hello: dict[str, Any], lines: guard.Lines) -> None:
    from . import cells

    out = wire.Wire(hello["marker"])
    for name in hello["preload"]:
        cells.preload(name)
    out.send({"event": "ready", "held": limits.find_held(hello["limits"]["isolated"])})
    job = lines.next()
    if job is None:
        os._exit(0)
    if not hasattr(os, "fork"):
        guard.end_with_stdin()
    guard.close_stdin()
    limits.apply(hello["limits"])
    os.chdir(hello["folder"])
    os.environ.update(cells.home_in(hello["folder"]))
    cells.run(job, out)
