"""A process that has torch loaded and does nothing but fork: a submission's process is born in milliseconds.

Used on Linux, where forking after `import torch` is safe as long as nothing has run on torch's threads. It only ever
runs our code; what it forks becomes `child`, which locks itself before a submission is loaded.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path

from attnquiz.judge.child import load_torch
from attnquiz.judge.child import main as child_main
from attnquiz.judge.sandbox import die_with_parent, find_readable

MAX_MESSAGE = 1 << 16


def main(arguments: list[str]) -> None:
    """`nursery FD`: three descriptors bear a child, answered with its pid; {"bury": pid} is answered with its code."""
    die_with_parent()
    with contextlib.suppress(ImportError):  # the child says so
        load_torch()
    with socket.socket(fileno=int(arguments[0])) as control:
        while True:
            message, descriptors, *_ = socket.recv_fds(control, MAX_MESSAGE, 3)
            if not message:
                return  # the referee is gone; its children die with us
            request = json.loads(message)
            control.send(
                str(bury(request["bury"]) if "bury" in request else bear(control, request, descriptors)).encode()
            )


def bear(control: socket.socket, request: dict[str, list[str]], descriptors: list[int]) -> int:
    find_readable(tuple(map(Path, request["arguments"][1:])))  # which every child would look for anew
    if pid := os.fork():
        for descriptor in descriptors:
            os.close(descriptor)
        return pid
    try:
        os.setsid()
        control.close()
        for standard, descriptor in enumerate(descriptors):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        child_main(request["arguments"])
    finally:
        os._exit(1)


def bury(pid: int) -> int:
    """Wait for a child's end; 0 for one that is none of ours."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return 0
