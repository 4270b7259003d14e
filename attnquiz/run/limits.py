"""What a demo may use, and which of it this system can hold it to."""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from attnquiz.run.frames import Frames
from attnquiz.run.process import Child

START_S = 20.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Memory, processor time and file size are those of each process; memory and processes are also counted together
    where the system tells."""

    wall_s: float = 60.0
    cpu_s: float = 300.0
    memory_bytes: int = 4 << 30
    output_bytes: int = 1_000_000
    processes: int = 512
    files: int = 1024
    file_bytes: int = 256 << 20
    isolate: bool = True  # no network, and processes of its own, where the system has such a thing

    def words(self) -> dict[str, tuple[str, str]]:
        """Each limit by the name under which a child says that it holds, in English and Chinese."""
        return {
            "wall": (f"{self.wall_s:g} s", f"{self.wall_s:g} 秒"),
            "cpu": (f"{self.cpu_s:g} s of processor time", f"处理器时间 {self.cpu_s:g} 秒"),
            "memory": (f"{self.memory_bytes >> 20} MiB of memory", f"内存 {self.memory_bytes >> 20} MiB"),
            "output": (f"{self.output_bytes} bytes of output", f"输出 {self.output_bytes} 字节"),
            "processes": (f"{self.processes} processes", f"进程 {self.processes} 个"),
            "files": (f"{self.files} open files", f"打开文件 {self.files} 个"),
            "network": ("no network but loopback", "除本机回环外无网络"),
            "orphans": ("nothing outlives it", "不留任何进程"),
        }


@dataclass(frozen=True, slots=True)
class Held:
    """Which limits hold here, in one line."""

    en: str
    zh: str

    def text(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


def describe_limits(
    python: str | os.PathLike[str], *, env: Mapping[str, str] | None = None, limits: Limits | None = None
) -> Held:
    """Asks a child, which takes as long as starting Python does."""
    limits = limits or Limits()
    names = {"wall", "output", *find_held(os.fspath(python), os.environ if env is None else env, limits)}
    words = limits.words()
    held, free = ([words[name] for name in words if (name in names) == wanted] for wanted in (True, False))
    en = "a demo is held to " + ", ".join(word for word, _ in held)
    zh = "演示受限于：" + "、".join(word for _, word in held)
    if free:
        en += "; this system cannot hold it to: " + ", ".join(word for word, _ in free)
        zh += "；本系统无法限制：" + "、".join(word for _, word in free)
    return Held(en, zh)


def find_held(python: str, env: Mapping[str, str], limits: Limits) -> frozenset[str]:
    """The names of what a child says that it can be held to; none if there is no such interpreter."""
    try:
        child = Child.start(python, env)
    except OSError:
        return frozenset()
    try:
        child.greet(asdict(limits))
        return frozenset(wait_until_ready(child, time.monotonic() + START_S) or ())
    finally:
        child.end()


def wait_until_ready(child: Child, deadline: float) -> list[str] | None:
    """What the child says that it is held to when it is ready; None if it ends before, or takes longer."""
    frames = Frames(child.marker)
    while (left := deadline - time.monotonic()) > 0:
        data = child.read(left)
        if not data:
            return None
        for said in frames.feed(data):
            if isinstance(said, dict):
                held: list[str] | None = said.get("held")
                return held
    return None
