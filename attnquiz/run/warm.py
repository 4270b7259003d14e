"""Interpreters that have torch imported already, so that a demo begins at once. Without one, it begins cold."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from threading import Lock, Thread
from typing import Protocol

from attnquiz.run.limits import Limits, wait_until_ready
from attnquiz.run.process import GRACE_S, Child, Interpreter, start_interpreter, wait_for

MODULES = ("torch",)
KILLED = -9
IMPORT_S = 60.0  # the longest that importing them may take
STEP_S = 0.1


class Warm(Protocol):
    """Where to get a child that is ready."""

    def take(self, limits: Limits) -> Child | None:
        """A child that has been greeted, if there is one now."""

    def renew(self) -> None:
        """The child that was taken has ended."""


class Fork:
    """A process that the server has forked. It is no child of ours, so we wait for it by a handle."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.handle = -1
        if sys.platform == "linux":
            with suppress(ProcessLookupError):  # it has gone already
                self.handle = os.pidfd_open(pid)

    def wait(self, timeout_s: float) -> int | None:
        """Its status is told by its guard; one that went without that was killed."""
        if self.handle >= 0 and not wait_for(self.handle, timeout_s):
            return None
        self._close()
        return KILLED

    def kill(self) -> int:
        with suppress(OSError):
            os.kill(self.pid, 9)
        self._close()
        return KILLED

    def _close(self) -> None:
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


class Server:
    """An interpreter that forks a child for each demo, which costs milliseconds where an import costs a second.

    Linux alone: elsewhere a fork of a process that has loaded this much is not safe. See `child/server.py`.
    """

    def __init__(self, process: Interpreter, program: socket.socket) -> None:
        self.process = process
        self.program = program
        self.lock = Lock()
        self.forks = False  # it has said that it is ready, and nothing has gone wrong since

    @classmethod
    def start(cls, python: str, env: Mapping[str, str]) -> "Server | None":
        """None where it cannot be; it is ready only after `wait`."""
        if sys.platform != "linux" or not hasattr(os, "pidfd_open"):
            return None
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                process = start_interpreter(python, env, theirs.fileno(), subprocess.DEVNULL)
            except OSError:
                ours.close()
                return None
        with suppress(OSError):
            ours.send(_line({"serve": True, "preload": MODULES}))
        return cls(Interpreter(process), ours)

    def wait(self, timeout_s: float) -> bool:
        """Whether it is ready by then."""
        if not self.forks and wait_for(self.program.fileno(), timeout_s):
            with suppress(OSError):
                self.forks = self.program.recv(16) == b"ready"
        return self.forks

    @property
    def warming(self) -> bool:
        """Whether it will be ready, but is not yet."""
        return not self.wait(0) and not self.ended

    @property
    def ended(self) -> bool:
        return self.process.wait(0) is not None

    def take(self, limits: Limits) -> Child | None:
        child = self.fork() if self.forks else None
        if child:
            child.greet(asdict(limits))
        return child

    def renew(self) -> None:
        """There is always another."""

    def fork(self) -> Child | None:
        (stdin, our_stdin), (our_stdout, stdout) = os.pipe(), os.pipe()
        try:
            with self.lock:
                self.program.settimeout(GRACE_S)
                socket.send_fds(self.program, [b"fork"], [stdin, stdout])
                pid = int(self.program.recv(16))
            return Child(Fork(pid), our_stdin, our_stdout)
        except (OSError, ValueError):  # it has ended, or does not answer
            self.forks = False
            os.close(our_stdin)
            os.close(our_stdout)
            return None
        finally:
            os.close(stdin)
            os.close(stdout)

    def close(self) -> None:
        self.forks = False
        self.program.close()
        if self.process.wait(GRACE_S) is None:
            self.process.kill()


class Spares:
    """Keeps one child ready, and makes the next in the background when that one has been used."""

    def __init__(self, python: str, env: Mapping[str, str], limits: Limits) -> None:
        self.python = python
        self.env = env
        self.limits = limits
        self.lock = Lock()
        self.spare: Child | None = None
        self.server: Server | None = None
        self.thread: Thread | None = None
        self.closed = False

    def renew(self) -> None:
        """Begin to make a spare, unless there is one or will be."""
        with self.lock:
            if self.closed or self.spare or (self.thread and self.thread.is_alive()):
                return
            self.thread = Thread(target=self._make, name="attnquiz-spare", daemon=True)
            self.thread.start()

    def take(self, limits: Limits) -> Child | None:
        with self.lock:
            child, self.spare = self.spare, None
        if child is None:
            return None
        silent = child.read(0) is None  # or it has ended, or is not what it should be
        if silent and limits == self.limits:
            return child
        child.end()
        return None

    def wait(self, timeout_s: float) -> bool:
        """Whether there is a spare by then."""
        thread = self.thread
        if thread:
            thread.join(timeout_s)
        return self.spare is not None

    def close(self) -> None:
        """End all that waits; a demo that is running goes on."""
        with self.lock:
            self.closed = True
            child, self.spare = self.spare, None
        if child:
            child.end()
        if self.thread:
            self.thread.join(GRACE_S)
        if self.server:
            self.server.close()

    def _make(self) -> None:
        child = self._begin()
        if child is None:
            return
        child.ready = wait_until_ready(child, time.monotonic() + IMPORT_S) is not None
        with self.lock:
            kept = child.ready and not self.closed
            if kept:
                self.spare = child
        if not kept:
            child.end()

    def _begin(self) -> Child | None:
        """From the server; where there is none, an interpreter that warms up by itself."""
        if self.server and self.server.ended:
            self.server.close()
            self.server = None
        self.server = self.server or Server.start(self.python, self.env)
        deadline = time.monotonic() + IMPORT_S
        while self.server and not self.server.ended and not self.closed and time.monotonic() < deadline:
            if self.server.wait(STEP_S):
                return self.server.take(self.limits)
        return None if self.closed else self._start_alone()

    def _start_alone(self) -> Child | None:
        with suppress(OSError):
            child = Child.start(self.python, self.env)
            child.greet(asdict(self.limits), MODULES)
            return child
        return None


def _line(message: Mapping[str, object]) -> bytes:
    import json

    return json.dumps(message).encode() + b"\n"
