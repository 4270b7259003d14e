"""The cells of a demo, run one after another in one `__main__`, as `python demo.py` would run them."""

from __future__ import annotations
import __future__

import ast
import linecache
import os
import sys
import traceback
import warnings
from contextlib import suppress
from types import ModuleType
from typing import Any

from .wire import Wire

FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
NUMBERS = 50_000  # the most that a picture may hold
TEXT = 20_000  # the most characters of a traceback
NO_MEMORY = ("not enough memory", "can't allocate memory", "cannot allocate memory")  # as torch and the system say it


class BadCell(Exception):
    """A cell that did not bind what its heading promises."""


def preload(name: str) -> None:
    """What is not there is for the demo to miss, unless it fails half-way: then this process is of no use."""
    _quiet()
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            os._exit(1)
    except BaseException:
        os._exit(1)


def home_in(folder: str) -> dict[str, str]:
    """Home and temporary files go into the folder that is removed afterwards; installed packages are still found."""
    names = ["HOME", "TMPDIR", "TEMP", "TMP", "USERPROFILE", "APPDATA", "LOCALAPPDATA"]
    site = sys.modules.get("site")
    base = {"PYTHONUSERBASE": site.getuserbase()} if site and getattr(site, "ENABLE_USER_SITE", False) else {}
    return {name: folder for name in names if os.name == "nt" or name not in names[4:]} | base


def run(job: dict[str, Any], wire: Wire) -> None:
    """Run the job and leave the process."""
    path = job["path"]
    main = _main_module(path, job["source"])
    flags = 0
    try:
        for cell in job["cells"]:
            wire.send({"event": "cell", "index": cell["index"]})
            flags = _run_cell(cell, path, main.__dict__, flags)
            if cell["kind"] != "code":
                wire.send(_result(cell, main.__dict__))
    except BaseException as error:
        wire.send(_failure(error, path, cell["line"]))
    else:
        wire.send({"event": "end"})
    os._exit(0)


def _main_module(path: str, source: str) -> ModuleType:
    _quiet()
    main = ModuleType("__main__")
    main.__file__ = path
    sys.modules["__main__"] = main
    sys.argv[:] = [path]
    sys.path.insert(0, os.path.dirname(path))  # noqa: PTH120
    # Without a modification time the entry is kept, so tracebacks and `inspect` read what is run, not the file.
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
    return main


def _run_cell(cell: dict[str, Any], path: str, names: dict[str, Any], flags: int) -> int:
    """Run it on its own lines of the file; a claim without its assert. Returns the `__future__` flags in force."""
    padded = "\n" * (cell["line"] - 1) + cell["source"]
    tree = compile(padded, path, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
    if cell["kind"] == "claim":
        del tree.body[-1]
        names.pop("measured", None)
        names.pop("control", None)
    code = compile(tree, path, "exec", flags, dont_inherit=True)
    exec(code, names)
    return flags | int(code.co_flags & FUTURE)


def _result(cell: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    if cell["kind"] == "picture":
        return {"event": "picture", "index": cell["index"], "data": _picture(_bound("picture", names))}
    measured = _number("measured", names)
    control = _number("control", names) if cell["has_control"] else None
    return {"event": "claim", "index": cell["index"], "measured": measured, "control": control}


def _bound(name: str, names: dict[str, Any]) -> Any:
    if name not in names:
        raise BadCell(f"the cell did not bind {name}")
    return names[name]


def _number(name: str, names: dict[str, Any]) -> float:
    value = _bound(name, names)
    if isinstance(value, (str, bytes)):
        raise BadCell(f"{name} is text, not a number")
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise BadCell(f"{name} is not one number: {error}") from None


def _picture(data: Any) -> Any:
    if not isinstance(data, dict):
        raise BadCell("picture is not a dict")
    try:
        return _plain(data, "picture", [NUMBERS])
    except RecursionError:
        raise BadCell("picture is nested too deeply") from None


def _plain(value: Any, where: str, left: list[int]) -> Any:
    """JSON's own types; tensors become lists. `left[0]` counts down what may still come."""
    left[0] -= 1 + (len(value) // 8 if isinstance(value, str) else 0)
    if left[0] < 0:
        raise BadCell(f"picture holds more than {NUMBERS} values")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value if type(value) in (bool, int, float, str, type(None)) else value.__reduce_ex__(2)[1][-1]
    if isinstance(value, dict):
        return {str(key): _plain(item, f"{where}[{key!r}]", left) for key, item in value.items()}
    if isinstance(value, (list, tuple, range, type({}.keys()), type({}.values()))):
        return [_plain(item, f"{where}[{at}]", left) for at, item in enumerate(value)]
    if hasattr(value, "tolist"):
        if getattr(value, "numel", lambda: 0)() > left[0]:
            raise BadCell(f"picture holds more than {NUMBERS} values")
        return _plain(value.tolist(), where, left)
    raise BadCell(f"{where} is a {type(value).__name__}, not plain data")


def _failure(error: BaseException, path: str, cell_line: int) -> dict[str, Any]:
    """The error as the demo would show it: from its own first frame on."""
    if isinstance(error, BadCell):
        return {"event": "failed", "reason": "exception", "error": str(error), "line": cell_line, "traceback": ""}
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename != path:
        frames = frames.tb_next
    lines = [number for frame, number in traceback.walk_tb(frames) if frame.f_code.co_filename == path]
    if isinstance(error, SyntaxError) and error.filename == path and error.lineno:
        lines.append(error.lineno)
    text = "".join(traceback.format_exception(type(error), error, frames))
    what = "".join(traceback.format_exception_only(type(error), error)).strip()
    return {
        "event": "failed",
        "reason": _reason(error),
        "error": what.splitlines()[-1][:500] if what else type(error).__name__,
        "line": lines[-1] if lines else cell_line,
        "traceback": text[-TEXT:],
    }


def _reason(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "torch":
        return "torch"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, (RuntimeError, OSError)):
        with suppress(Exception):
            if any(words in str(error).lower() for words in NO_MEMORY):
                return "memory"
    return "exception"


def _quiet() -> None:
    """torch says at import that numpy is missing, which no demo needs."""
    warnings.filterwarnings("ignore", message="Failed to initialize NumPy")
