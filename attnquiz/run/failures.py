"""Why a demo did not come to its end, said to the person who has to mend it."""

from pathlib import Path

from attnquiz.errors import AttnquizError
from attnquiz.run.events import Failed, Reason

SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM"}
GIB, MIB = 1 << 30, 1 << 20


def timed_out(path: Path, line: int, seconds: float) -> Failed:
    en = f"stopped after {seconds:g} s, in this cell; look for a loop without end, or make the sizes smaller"
    return _failed(
        "timeout", path, line, en, f"运行 {seconds:g} 秒后被终止，停在此单元；请检查是否有死循环，或减小规模"
    )


def out_of_cpu(path: Path, line: int, seconds: float) -> Failed:
    en = f"stopped after {seconds:g} s of processor time, in this cell; look for a loop without end"
    return _failed("timeout", path, line, en, f"占用处理器 {seconds:g} 秒后被终止，停在此单元；请检查是否有死循环")


def out_of_memory(path: Path, line: int, memory_bytes: int, traceback: str = "") -> Failed:
    en = f"more memory than the {_size(memory_bytes)} allowed, in this cell; make the sizes smaller"
    zh = f"此单元所用内存超过上限 {_size(memory_bytes)}；请减小规模"
    return _failed("memory", path, line, en, zh, traceback)


def too_many_processes(path: Path, line: int, processes: int) -> Failed:
    en = f"more than the {processes} processes allowed, in this cell; look for a fork or a pool in a loop"
    return _failed("crashed", path, line, en, f"此单元启动的进程超过上限 {processes} 个；请检查循环中的 fork 或进程池")


def too_much_output(path: Path, line: int, output_bytes: int) -> Failed:
    en = f"more output than the {_size(output_bytes)} allowed, in this cell; print less"
    return _failed("output", path, line, en, f"此单元的输出超过上限 {_size(output_bytes)}；请减少打印")


def no_torch(path: Path, line: int, python: str, traceback: str) -> Failed:
    en = f'no torch in {python}; to run demos: pip install "attnquiz[torch]"'
    return _failed(
        "torch", path, line, en, f'{python} 中没有 torch；要运行演示，请执行 pip install "attnquiz[torch]"', traceback
    )


def raised(path: Path, line: int, error: str, traceback: str) -> Failed:
    return _failed(
        "exception",
        path,
        line,
        f"{error}; mend this line, or what it calls",
        f"{error}；请修正此行或其调用处",
        traceback,
    )


def crashed(path: Path, line: int, status: int) -> Failed:
    if status < 0:
        name = SIGNALS.get(-status, f"signal {-status}")
        en = f"the demo was ended by {name}, in this cell; it crashed in compiled code, or the system ran out of memory"
        zh = f"演示在此单元被 {name} 终止；可能是编译代码崩溃，或系统内存不足"
    else:
        en = f"the demo left Python (exit status {status}), in this cell; do not call exit in a demo"
        zh = f"演示在此单元退出了 Python（退出码 {status}）；演示中不要调用 exit"
    return _failed("crashed", path, line, en, zh)


def stopped(path: Path, line: int) -> Failed:
    return _failed("stopped", path, line, "stopped, in this cell", "已停止，停在此单元")


def no_interpreter(python: str, why: str) -> Failed:
    en = f"{python}: cannot be started as the Python of demos: {why}; give the path of a Python that has torch"
    zh = f"{python}：无法作为运行演示的 Python 启动：{why}；请给出装有 torch 的 Python 路径"
    return Failed("crashed", AttnquizError(en, zh))


def _failed(reason: Reason, path: Path, line: int, en: str, zh: str, traceback: str = "") -> Failed:
    where = f"{path}:{line}"
    return Failed(reason, AttnquizError(f"{where}: {en}", f"{where}: {zh}"), line, traceback)


def _size(size: int) -> str:
    return f"{size / GIB:g} GiB" if size >= GIB else f"{size / MIB:.3g} MiB"
