"""What a submission may not do: the lock that its process puts on itself before any of its code runs.

On Linux the kernel holds it. Landlock opens the Python libraries for reading and closes every other file, and keeps
ptrace, /proc/<pid>/mem and signals inside the process's own domain, root included; seccomp refuses new processes,
sockets, other people's signals and raised limits; capabilities are dropped. The lock is put on while the process has
one thread, so that every later thread (torch's too) inherits it. An audit hook stands in front of it everywhere: it
words the refusal, remembers who asked for a closed file, and is all there is on other systems. A hook guards against
mistakes and tricks in Python, not against code that writes to memory: a verdict says which of the two it had.
"""

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

READ_FILE, READ_DIR, WRITE_FILE = 1 << 2, 1 << 3, 1 << 1
FILE_RIGHTS_OF_ABI = (0, 13, 14, 15, 15, 16)  # how many file rights each Landlock version knows
LIBRARY_PATHS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/etc/localtime")
COPIES = ("attnquiz", "*-packages/attnquiz", "python*/*-packages/attnquiz")  # installations, with their answers
SYSTEM_PATHS = ("/etc/ld.so.cache", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu", "/dev/urandom")

# Numbers of the system calls that are refused, by machine: (x86_64, aarch64); None where there is no such call.
REFUSED_CALLS = {
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "socket": (41, 198),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "setrlimit": (160, 164),
    "io_uring_setup": (425, 425),
    "unshare": (272, 97),
}
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
CLONE, CLONE3, KILL, TGKILL, PRLIMIT = (56, 220), (435, 435), (62, 129), (234, 131), (302, 261)
CLONE_THREAD = 0x10000
LOAD, JUMP_EQUAL, JUMP_ABOVE, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
KEPT_CAPABILITIES = 1 << 2  # CAP_DAC_READ_SEARCH: root may read a library in somebody else's home

Instruction = tuple[int, int, int, int]

PROCESS_EVENTS = ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system")
OTHER_EVENTS = ("subprocess.Popen", "pty.spawn", "os.kill", "os.killpg", "resource.setrlimit", "resource.prlimit")
REFUSED_EVENTS = frozenset(PROCESS_EVENTS + OTHER_EVENTS + ("os.chdir", "os.fchdir"))
REFUSED_FAMILIES = ("socket.", "_winapi.", "winreg.", "syslog.")
CHANGES = ("chflags", "chmod", "chown", "link", "mkdir", "remove", "removexattr", "rename", "rmdir", "setxattr")
CHANGING_EVENTS = frozenset(f"os.{name}" for name in (*CHANGES, "symlink", "truncate", "utime"))
LISTING_EVENTS = frozenset(("os.listdir", "os.scandir"))
WRITING_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True, slots=True)
class Readable:
    """What stays open: the names beneath `roots`, the contents of `paths`."""

    roots: tuple[Path, ...]
    paths: tuple[Path, ...]


@cache
def find_readable(closed: tuple[Path, ...]) -> Readable:
    """Where Python and torch live, without `closed`: a folder that holds a closed one opens its other entries only."""
    roots = {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    roots |= {Path(sys.base_prefix, "lib"), Path(sys.prefix, "lib"), Path(sys.base_prefix, "DLLs")}
    torch = find_spec("torch")
    if torch and torch.origin:
        roots.add(Path(torch.origin).parents[1])
    roots |= {Path(name) for name in LIBRARY_PATHS}
    existing = sorted({root.resolve() for root in roots if root.exists()})
    copies = [copy for root in existing for pattern in COPIES for copy in root.glob(pattern)]
    shut = [path.resolve() for path in (*closed, *copies)]
    return Readable(tuple(existing), tuple(path for root in existing for path in _without(root, shut)))


def _without(root: Path, closed: list[Path]) -> Iterator[Path]:
    if root in closed or any(path in root.parents for path in closed):
        return
    if not any(root in path.parents for path in closed):
        yield root
        return
    for entry in root.iterdir():
        yield from _without(entry.resolve() if entry.is_symlink() else entry, closed)


def limit_resources(cpu_s: int) -> None:
    """Those that a process sets for itself beforehand; those of memory come from outside once torch is loaded."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CPU, cpu_s),
    ):
        _, hard = resource.getrlimit(kind)
        if hard == resource.RLIM_INFINITY or hard > most:
            resource.setrlimit(kind, (most, most))


def die_with_parent() -> None:
    """On Linux; elsewhere a process notices the end of its pipes."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)


def lock(readable: Readable) -> dict[str, bool]:
    """Ask the kernel for the lock; what it granted. Cannot be undone."""
    if sys.platform != "linux":
        return {"landlock": False, "seccomp": False}
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    die_with_parent()
    libc.prctl(38, 1, 0, 0, 0)  # no new privileges, which both locks ask for
    _drop_capabilities(libc)
    return {"landlock": _landlock(libc, readable), "seccomp": _seccomp(libc)}


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    header = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
    data = ctypes.create_string_buffer(24)
    if libc.capget(header, data) == 0:
        effective, permitted, *_ = struct.unpack("6I", data.raw)
        kept = permitted & KEPT_CAPABILITIES
        libc.capset(header, struct.pack("6I", effective & kept, kept, 0, 0, 0, 0))


def _landlock(libc: ctypes.CDLL, readable: Readable) -> bool:
    abi = libc.syscall(444, None, ctypes.c_size_t(0), 1)
    if abi < 1:
        return False
    rights = (1 << FILE_RIGHTS_OF_ABI[min(abi, len(FILE_RIGHTS_OF_ABI) - 1)]) - 1
    network, scope = (0b11 if abi >= 4 else 0), (0b11 if abi >= 6 else 0)  # TCP; abstract sockets and signals
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = libc.syscall(444, struct.pack("QQQ", rights, network, scope), ctypes.c_size_t(size), 0)
    if ruleset < 0:
        return False
    try:
        for path in [*readable.paths, *map(Path, SYSTEM_PATHS)]:
            _open_path(libc, ruleset, path, READ_FILE)
        for root in readable.roots:
            _open_path(libc, ruleset, root, READ_DIR)  # importing lists the folders of sys.path
        _open_path(libc, ruleset, Path(os.devnull), READ_FILE | WRITE_FILE)
        return bool(libc.syscall(446, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _open_path(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    if not path.exists() or (rights == READ_DIR and not path.is_dir()):
        return
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        libc.syscall(445, ruleset, 1, struct.pack("=Qi", rights, fd), 0)
    finally:
        os.close(fd)


def _seccomp(libc: ctypes.CDLL) -> bool:
    machine = ARCHITECTURES.get(platform.machine())
    if machine is None or sys.maxsize < 2**32:
        return False
    program = list(_program(*machine, os.getpid()))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    head = struct.pack("H6xQ", len(program), ctypes.addressof(code))
    return bool(libc.prctl(22, 2, head, 0, 0) == 0)


def _program(column: int, architecture: int, pid: int) -> Iterator[Instruction]:
    """The filter: every rule starts and ends with the call's number in the accumulator, or returns."""
    yield from [(LOAD, 0, 0, 4), (JUMP_EQUAL, 1, 0, architecture), (RETURN, 0, 0, EPERM)]
    yield from [(LOAD, 0, 0, 0), (JUMP_ABOVE, 0, 1, 0x40000000), (RETURN, 0, 0, EPERM)]  # the x32 numbers
    for numbers in REFUSED_CALLS.values():
        if (number := numbers[column]) is not None:
            yield from [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, EPERM)]
    yield from [(JUMP_EQUAL, 0, 1, CLONE3[column]), (RETURN, 0, 0, ENOSYS)]  # the C library then uses clone
    yield from _unless(CLONE[column], [(LOAD, 0, 0, 16), (JUMP_SET, 1, 0, CLONE_THREAD)])
    for number in KILL[column], TGKILL[column]:
        yield from _unless(number, [(LOAD, 0, 0, 16), (JUMP_EQUAL, 1, 0, pid)])
    reads_only = [(LOAD, 0, 0, 32), (JUMP_EQUAL, 0, 2, 0), (LOAD, 0, 0, 36), (JUMP_EQUAL, 1, 0, 0)]
    yield from _unless(PRLIMIT[column], reads_only)
    yield (RETURN, 0, 0, ALLOW)


def _unless(number: int, test: list[Instruction]) -> list[Instruction]:
    """Refuse the call unless `test` jumps over the refusal."""
    rule = [*test, (RETURN, 0, 0, EPERM), (RETURN, 0, 0, ALLOW)]
    return [(JUMP_EQUAL, 0, len(rule), number), *rule]


class Guard:
    """The audit hook, and what it saw. `closed` files are those whose mere opening fails the submission."""

    def __init__(self, readable: Readable, *, alone: bool) -> None:
        self.roots = tuple(map(_as_folder, map(str, readable.roots)))
        self.paths = tuple(map(_as_folder, map(str, readable.paths)))
        self.system = {os.devnull, *SYSTEM_PATHS}
        self.refused = (*REFUSED_FAMILIES, "ctypes.") if alone else REFUSED_FAMILIES  # ctypes leads around a hook
        self.closed: tuple[str, ...] = ()
        self.touched: list[str] = []
        sys.addaudithook(self._hook)

    def close(self, paths: Iterable[str]) -> None:
        self.closed = tuple(_as_folder(os.path.realpath(path)) for path in paths)

    def _hook(self, event: str, args: tuple[object, ...]) -> None:
        if event == "open":
            self._check_open(*args)
        elif event in LISTING_EVENTS:
            self._check_path(args[0] if args and args[0] is not None else ".", event)
        elif event in CHANGING_EVENTS:
            self._refuse(event, args[0])
        elif event in REFUSED_EVENTS or event.startswith(self.refused):
            raise PermissionError(f"{event} is not allowed here")

    def _check_open(self, path: object, mode: object = None, flags: object = 0) -> None:
        if isinstance(flags, int) and flags & WRITING_FLAGS and _text(path) != os.devnull and not isinstance(path, int):
            self._refuse("writing", path)
        self._check_path(path, "open")

    def _check_path(self, path: object, event: str) -> None:
        if isinstance(path, int):
            return
        full = os.path.realpath(_text(path))
        allowed = self.paths if event == "open" else self.roots
        if full not in self.system and not _as_folder(full).startswith(allowed):
            self._refuse(event, path)

    def _refuse(self, event: str, path: object) -> NoReturn:
        full = os.path.realpath(_text(path))
        if _as_folder(full).startswith(self.closed) and len(self.touched) < 20:
            self.touched.append(full)
        raise PermissionError(f"{event}: {_text(path)} is closed to a submission")


def _as_folder(path: str) -> str:
    return path.rstrip(os.sep) + os.sep


def _text(path: object) -> str:
    return os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else str(path)
