"""What the operating system is asked to hold a demo to. Each limit that it does not know is left out."""

from __future__ import annotations

# pathlib would make each start 4 ms longer:
# ruff: noqa: PTH123
import math
import os
import struct
import sys
from contextlib import suppress
from typing import Any

NEW_USER, NEW_PIDS, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000  # <linux/sched.h>
SET_SIGNAL_OF_PARENTS_DEATH, SET_SUBREAPER = 1, 36  # <linux/prctl.h>
SET_INTERFACE_FLAGS, UP_AND_RUNNING = 0x8914, 0x41  # <linux/sockios.h>, <linux/if.h>

LINUX = sys.platform.startswith("linux")


def isolate() -> list[str]:
    """Into namespaces of its own: no network but loopback, and processes that all end with their first.

    The names of what holds from now on. With "processes", the next fork is the first of its namespace. Where the kernel
    forbids it, the other limits hold.
    """
    if not LINUX:
        return []
    library = _library()
    user, group = os.getuid(), os.getgid()
    if library.unshare(NEW_USER | NEW_PIDS):
        return []
    for name, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with suppress(OSError), open(f"/proc/self/{name}", "w") as file:
            file.write(line)
    if library.unshare(NEW_NETWORK):
        return ["processes"]
    _raise_loopback()
    return ["processes", "network"]


def find_held(isolated: list[str]) -> list[str]:
    """The names of all that holds."""
    held = [*isolated]
    if LINUX:
        held += ["memory", "orphans"]
    if LINUX and os.path.exists("/proc/self/task"):  # noqa: PTH110
        held.append("processes")
    if hasattr(os, "fork"):
        held += ["cpu", "files"]
    return held


def _raise_loopback() -> None:
    """A new network has its loopback down, and torch.distributed talks over it."""
    import fcntl
    import socket

    with suppress(OSError), socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_INTERFACE_FLAGS, struct.pack("16sh", b"lo", UP_AND_RUNNING))


def die_with_parent() -> None:
    if LINUX:
        _library().prctl(SET_SIGNAL_OF_PARENTS_DEATH, 9)


def adopt_orphans() -> None:
    """Processes whose parent has ended come to this one, even those in a session of their own."""
    if LINUX:
        _library().prctl(SET_SUBREAPER, 1)


def apply(limits: dict[str, Any]) -> None:
    """On this process and all that it starts. The CPU seconds that warming up took do not count."""
    try:
        import resource
    except ImportError:  # Windows
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime + limits["cpu_s"])
    wanted = {
        "RLIMIT_CPU": seconds,
        "RLIMIT_NOFILE": limits["files"],
        "RLIMIT_FSIZE": limits["file_bytes"],
        "RLIMIT_CORE": 0,
    }
    if LINUX:
        # Private writable memory, not address space: a CUDA build of torch maps gigabytes of files that it never uses.
        wanted["RLIMIT_DATA"] = limits["memory_bytes"]
    if "processes" in limits["isolated"]:
        wanted["RLIMIT_NPROC"] = limits["processes"]  # counted per user, so only where the user namespace is our own
    for name, value in wanted.items():
        _lower(resource, getattr(resource, name, None), value)


def _lower(resource: Any, kind: int | None, value: int) -> None:
    if kind is None:
        return
    with suppress(ValueError, OSError):
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def _library() -> Any:
    import ctypes

    return ctypes.CDLL(None, use_errno=True)
