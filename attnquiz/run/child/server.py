"""One interpreter that has torch imported, and from which demos are forked: Linux alone.

A fork copies the one thread that calls it. So nothing is forked if importing has left threads behind, and nothing is
computed here: torch begins its own threads in each fork, at the first work that needs them.
"""

from __future__ import annotations

import fcntl
import gc
import os
import random
import select
import signal
import socket
import sys
from typing import Any

from . import cells


def serve(hello: dict[str, Any]) -> None:
    """Returns in each forked process, with that process's own pipes as stdin, stdout and stderr."""
    _end_with_program(True)
    for name in hello["preload"]:
        cells.preload(name)
    _end_with_program(False)
    if len(os.listdir("/proc/self/task")) != 1:  # noqa: PTH208
        os._exit(1)
    gc.freeze()  # so that collecting in a fork does not write to, and thereby copy, what is shared
    program = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a fork
    program.send(b"ready")
    while True:
        data, pipes, _, _ = socket.recv_fds(program, 16, 2)
        if not data:
            os._exit(0)
        pid = os.fork()
        if not pid:
            program.close()
            _become_fork(*pipes)
            return
        for fd in pipes:
            os.close(fd)
        program.send(b"%d" % pid)


def _end_with_program(on: bool) -> None:
    """While we import and do not listen: the system ends us when the program closes its end, or is killed."""
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETSIG, signal.SIGKILL if on else 0)
    fcntl.fcntl(0, fcntl.F_SETFL, os.O_ASYNC if on else 0)
    if select.select([0], [], [], 0)[0]:  # it has gone already
        os._exit(0)


def _become_fork(stdin: int, stdout: int) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for fd, end in ((stdin, 0), (stdout, 1), (stdout, 2)):
        os.dup2(fd, end)
    os.close(stdin)
    os.close(stdout)
    random.seed()  # or every fork would draw what the first one draws
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
