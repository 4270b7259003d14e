"""A child interpreter with its pipes, on any system: begin, hand on a job, read, end."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

CODE = Path(__file__).parent  # the folder that holds the child's program
START = """\
import sys
if sys.version_info < (3, 9): sys.exit("Python 3.9 or newer is needed")
sys.path[0] = sys.argv[1]
import child
del sys.path[0]
child.main()
"""
GRACE_S = 2.0  # for a child to go when told
PIECE = 1 << 16

# What a demo sees of the environment: enough to find its modules, its language and its threads.
ENVIRONMENT = """
    PATH HOME LANG LANGUAGE LC_ALL LC_CTYPE TZ VIRTUAL_ENV CONDA_PREFIX
    PYTHONPATH PYTHONHOME PYTHONUSERBASE LD_LIBRARY_PATH DYLD_LIBRARY_PATH OMP_NUM_THREADS MKL_NUM_THREADS
    SYSTEMROOT SYSTEMDRIVE WINDIR COMSPEC PATHEXT USERPROFILE APPDATA LOCALAPPDATA NUMBER_OF_PROCESSORS
"""


def demo_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The part of `env` that a demo gets, with plain UTF-8 text and distributed runs on loopback."""
    allowed = ENVIRONMENT.split()
    kept = {name: value for name, value in env.items() if name.upper() in allowed}
    plain = {"PYTHONUTF8": "1", "TERM": "dumb", "NO_COLOR": "1", "TORCH_CPP_LOG_LEVEL": "ERROR"}
    if sys.platform != "win32":  # which has no name for it
        plain["GLOO_SOCKET_IFNAME"] = "lo" if sys.platform.startswith("linux") else "lo0"
    return kept | plain


def start_interpreter(python: str, env: Mapping[str, str], stdin: int, stdout: int) -> "subprocess.Popen[bytes]":
    """The child's program in another interpreter, in a session of its own; OSError if there is no such interpreter."""
    return subprocess.Popen(
        [python, "-c", START, str(CODE)],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        cwd=tempfile.gettempdir(),
        env=demo_environment(env),
        start_new_session=True,
    )


def wait_for(fd: int, timeout_s: float) -> bool:
    """Whether there is something to read, or nothing more to come."""
    if sys.platform == "win32":
        return _wait_on_windows(fd, timeout_s)
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(max(0.0, timeout_s) * 1000))


def _wait_on_windows(fd: int, timeout_s: float) -> bool:
    """Its pipes can be looked into, but not waited for."""
    if sys.platform == "win32":
        import _winapi
        import msvcrt

        deadline = time.monotonic() + timeout_s
        with suppress(OSError):  # the pipe has ended
            while not _winapi.PeekNamedPipe(msvcrt.get_osfhandle(fd), 0)[0]:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.01)
    return True


class Process(Protocol):
    """What is on the other end of a child's pipes."""

    def wait(self, timeout_s: float) -> int | None:
        """Its exit status if it has gone by then."""

    def kill(self) -> int: ...


class Interpreter:
    """A process that we have started ourselves."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def wait(self, timeout_s: float) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self.process.wait(timeout_s)
        return None

    def kill(self) -> int:
        with suppress(OSError):
            if os.name == "nt":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()


class Child:
    """Runs one demo. Closing its stdin is what ends it, whether we do so or the system when we are killed."""

    def __init__(self, process: Process, stdin: int, stdout: int) -> None:
        self.process = process
        self.stdin = stdin
        self.stdout = stdout
        self.lock = Lock()  # of stdin: a number that has been closed may be another file's by the next write
        self.ready = False  # it has said so already, having been made before its use
        self.marker = os.urandom(16).hex()
        self.folder = Path(tempfile.gettempdir(), f"attnquiz-{os.urandom(8).hex()}")  # made and removed by the child

    @classmethod
    def start(cls, python: str, env: Mapping[str, str]) -> "Child":
        """In an interpreter of its own."""
        (stdin, our_stdin), (our_stdout, stdout) = os.pipe(), os.pipe()
        try:
            process = start_interpreter(python, env, stdin, stdout)
        except BaseException:
            os.close(our_stdin)
            os.close(our_stdout)
            raise
        finally:
            os.close(stdin)
            os.close(stdout)
        return cls(Interpreter(process), our_stdin, our_stdout)

    def greet(self, limits: Mapping[str, Any], preload: tuple[str, ...] = ()) -> None:
        """The first line: how to begin."""
        hello = {"marker": self.marker, "folder": str(self.folder), "limits": limits, "preload": preload}
        self.send({"serve": False, **hello})

    def send(self, line: Mapping[str, Any]) -> None:
        """A child that has gone already is noticed when it is read."""
        data = json.dumps(line).encode() + b"\n"
        with suppress(OSError), self.lock:
            while data and self.stdin >= 0:
                data = data[os.write(self.stdin, data) :]

    def read(self, timeout_s: float) -> bytes | None:
        """b"" at the end of the pipe, None if nothing came in time."""
        return os.read(self.stdout, PIECE) if wait_for(self.stdout, timeout_s) else None

    def release(self) -> None:
        """Tell it to end, without waiting for that."""
        with self.lock:
            stdin, self.stdin = self.stdin, -1
            if stdin >= 0:
                os.close(stdin)

    def end(self) -> int:
        """End it, wait until it has gone, leave nothing behind. Its exit status."""
        self.release()
        os.close(self.stdout)  # now, or its last word could wait for ever in a pipe that is full
        status = self.process.wait(GRACE_S)
        if status is None:
            status = self.process.kill()
        self._remove_folder()
        return status

    def _remove_folder(self) -> None:
        """The child does so itself as it ends; this is for one that could not."""
        deadline = time.monotonic() + GRACE_S / 2
        while self.folder.exists() and time.monotonic() < deadline:
            import shutil

            shutil.rmtree(self.folder, ignore_errors=True)
            time.sleep(0.01)
