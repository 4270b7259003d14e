"""Submissions that attack the judge instead of the exercise: each is contained, and its verdict says what it did."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from attnquiz.errors import AttnquizError
from attnquiz.judge.exercise import load_exercise
from attnquiz.judge.process import Limits
from attnquiz.judge.verdict import Judge, Verdict

FOLDER = next(Path(__file__).parents[1].glob("answers/4.2.1-*/exercise"))
EXERCISE = load_exercise(FOLDER)
SOLUTION = EXERCISE.solution
LINUX = sys.platform == "linux"
LIMITS = Limits(wall_s=20, call_s=2, memory_bytes=1 << 28, output_bytes=1 << 18)

LOADS, LIMITED, ALONE, PLAIN = (
    "the_file_loads",
    "it_stays_within_its_limits",
    "it_leaves_everything_else_alone",
    "it_returns_plain_tensors",
)
ANY = ""


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(sys.executable, limits=LIMITS) as judge:
        yield judge


@pytest.fixture
def submit(judge, tmp_path):
    def submit(source: str | bytes) -> Verdict:
        path = tmp_path / "submission.py"
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        return judge.judge(EXERCISE, path)

    return submit


def called(body: str, *, head: str = "") -> str:
    """A submission with `body` in its function, and what is right after it."""
    indented = "".join(f"    {line}\n" for line in body.strip().splitlines())
    right = SOLUTION.replace("def scaled_dot_product_attention(", "def right(")
    return (
        f"import os, sys, torch\n{head}\n{right}\n\n"
        f"def scaled_dot_product_attention(q, k, v, mask=None, scale=None):\n{indented}"
        "    return right(q, k, v, mask, scale)\n"
    )


def loaded(statements: str) -> str:
    """A submission that does something while it is loaded, and is right otherwise."""
    return f"import os, sys, torch\n{statements.strip()}\n{SOLUTION}"


SECRET = str(FOLDER / "solution.py")
CHECKS = str(FOLDER / "checks.py")

HOSTILE: dict[str, tuple[str | bytes, str, str]] = {
    # leaving
    "exits at import": (loaded("sys.exit(0)"), LOADS, "SystemExit"),
    "exits in the call": (called("raise SystemExit(0)"), ANY, "SystemExit"),
    "leaves without a word": (called("os._exit(0)"), LIMITED, "exit code 0"),
    "kills itself": (called("os.abort()"), LIMITED, "exit code -6" if LINUX else "exit code"),
    "crashes": (called("import faulthandler; faulthandler._sigsegv()"), LIMITED, "exit code"),
    "interrupts": (called("raise KeyboardInterrupt"), ANY, "KeyboardInterrupt"),
    # using everything up
    "never returns": (called("while True: pass"), LIMITED, "2 s"),
    "never loads": (loaded("while True: pass"), LIMITED, "2 s"),
    "sleeps": (called("import time; time.sleep(60)"), LIMITED, "2 s"),
    "takes all memory": (called("x = [torch.ones(1 << 27) for _ in range(64)]"), ANY, "memory"),
    "takes shared memory": (
        called("import mmap; m = mmap.mmap(-1, 40 << 30); m[::4096] = b'x' * (10 << 20)"),
        ANY,
        "memory",
    ),
    "recurses": (called("def f(): return f()\nf()"), ANY, "RecursionError"),
    "prints without end": (called("while True: print('x' * 10000)"), LIMITED, "prints more"),
    "starts processes": (called("while True: os.fork()"), ANY, "PermissionError"),
    "starts threads": (
        called(
            "import threading, time\nfor _ in range(10**6): threading.Thread(target=time.sleep, args=(60,)).start()"
        ),
        ANY,
        "",
    ),
    "runs a program": (called("import subprocess; subprocess.run(['true'])"), ANY, "PermissionError"),
    "opens a socket": (called("import socket; socket.socket()"), ANY, "PermissionError"),
    # reaching for the answer
    "reads the solution": (called(f"open({SECRET!r}).read()"), ALONE, "solution.py"),
    "reads the solution and hides it": (
        called(f"try:\n    open({SECRET!r}).read()\nexcept OSError: pass"),
        ALONE,
        "solution.py",
    ),
    "reads the checks by descriptor": (called(f"os.open({CHECKS!r}, os.O_RDONLY)"), ALONE, "checks.py"),
    "lists the answers": (called(f"os.listdir({str(FOLDER)!r})"), ALONE, "exercise"),
    "writes into the answer": (called(f"open({SECRET!r}, 'a').write('x')"), ALONE, "solution.py"),
    "removes the answer": (called(f"os.remove({SECRET!r})"), ALONE, "solution.py"),
    "imports the solution": (
        loaded(f"sys.path.insert(0, {str(FOLDER)!r})\nimport solution"),
        ALONE,
        "exercise",
    ),
    "imports the judge": (loaded("import attnquiz.judge.referee"), LOADS, "Error"),
    "writes a file": (called("open('/tmp/attnquiz-was-here', 'w')"), ANY, "PermissionError"),
    # changing torch
    "replaces softmax": (loaded("torch.softmax = torch.Tensor.softmax = lambda x, *a, **k: x"), ALONE, "softmax"),
    "replaces allclose": (loaded("torch.allclose = torch.equal = lambda *a, **k: True"), ALONE, "allclose"),
    "changes the default dtype": (loaded("torch.set_default_dtype(torch.float64)"), ALONE, "default_dtype"),
    "turns gradients off": (called("torch.set_grad_enabled(False)"), ALONE, "grad_enabled"),
    "reseeds": (called("torch.manual_seed(0)"), ALONE, "manual_seed"),
    "leaves a thread behind": (
        called("import threading, time; threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"),
        ALONE,
        "Thread",
    ),
    # returning what is no plain tensor
    "returns nothing": (called("return None"), ANY, "None"),
    "returns a string": (called("return 'ok' * 100000"), ANY, ""),
    "returns a subclass": (
        called("return right(q, k, v, mask, scale).as_subclass(Yes)", head="class Yes(torch.Tensor): pass"),
        PLAIN,
        "Yes",
    ),
    "returns an object equal to everything": (
        called(
            "return Yes()",
            head="class Yes:\n    __eq__ = __le__ = lambda *a: True\n    shape, dtype = (4, 3), torch.float64\n"
            "    @classmethod\n    def __torch_function__(cls, *a, **k): return torch.tensor(True)",
        ),
        ANY,
        "Yes",
    ),
    "returns a sparse tensor": (called("return right(q, k, v, mask, scale).to_sparse()"), PLAIN, "sparse"),
    "returns a meta tensor": (called("return right(q, k, v, mask, scale).to('meta')"), PLAIN, "meta"),
    "returns a complex tensor": (called("return right(q, k, v, mask, scale) + 0j"), ANY, "complex"),
    "returns NaN": (called("return right(q, k, v, mask, scale) * float('nan')"), ANY, "nan"),
    "returns far too much": (called("return torch.ones(1, 1).expand(1 << 20, 1 << 20)"), PLAIN, "too large"),
    "returns an input": (called("return v"), PLAIN, "shares memory"),
    "returns a list that contains itself": (called("x = []; x.append(x); return x"), ANY, "RecursionError"),
    # talking to the judge
    "writes to every descriptor": (
        called("for fd in range(3, 64):\n    try: os.write(fd, b'{\"ok\": true}' * 99)\n    except OSError: pass"),
        ALONE,
        "no reply",
    ),
    "answers in the judge's place": (
        called(
            "frame = sys._getframe()\nwhile 'replies' not in frame.f_locals: frame = frame.f_back\n"
            "request, replies = frame.f_locals['request'], frame.f_locals['replies']\n"
            "header = {'number': request['number'], 'value': {'v': True}}\n"
            "replies.write(frame.f_globals['pack'](header, [])); replies.flush()"
        ),
        ALONE,
        "no reply",
    ),
    "blinds the judge's eyes in its process": (
        called(
            "host = sys._getframe(1).f_locals['self']\nhost.world.names.clear()\n"
            "torch.Tensor.softmax = lambda x, *a, **k: x"
        ),
        ANY,
        "",
    ),
    "closes every descriptor": (called("os.closerange(0, 256)"), LIMITED, "exit code"),
    "prints a verdict": (called('print(\'{"checks": [], "ok": true}\'); return q + 0'), ANY, "shape"),
    "closes stdout and is wrong": (called("sys.stdout.close(); sys.stderr.close(); return q + 0"), ANY, "shape"),
    "raises what cannot be printed": (
        called("raise Bad", head="class Bad(Exception):\n    def __str__(self): raise SystemExit"),
        ANY,
        "Bad",
    ),
    "raises control characters": (called("raise ValueError('\\x1b[2J\\r\\n' * 1000)"), ANY, "ValueError"),
    # files that are none
    "is not Python": (b"\x00\xff\xfe", LOADS, "Error"),
    "is not closed": ("def scaled_dot_product_attention(", LOADS, "SyntaxError"),
    "is nested too deeply": ("x = " + "(" * 100000, LOADS, "Error"),
    "is empty": ("", LOADS, "defines no"),
    "defines something else": ("scaled_dot_product_attention = 3", LOADS, "defines no"),
}

LIBC = "__import__('ctypes').CDLL(None)"
PAST_PYTHON = {
    "signals the judge": "import signal; os.kill(os.getppid(), signal.SIGKILL)",
    "signals everybody": "import signal; os.kill(-1, signal.SIGTERM)",
    "traces the judge": f"{LIBC}.ptrace(16, os.getppid(), 0, 0) == 0 or refused()",
    "reads the judge's memory": "open(f'/proc/{os.getppid()}/mem', 'rb')",
    "forks past Python": f"{LIBC}.fork() >= 0 or refused()",
    "raises its limits": "import resource; resource.setrlimit(resource.RLIMIT_DATA, (-1, -1))",
    "opens the answer past Python": f"{LIBC}.open({SECRET.encode()!r}, 0) >= 0 or refused()",
    "writes past Python": f"{LIBC}.open(b'/tmp/attnquiz-was-here', 65, 420) >= 0 or refused()",
    "signals past Python": f"{LIBC}.kill(os.getppid(), 9) == 0 or refused()",
}
REFUSED = """
def refused():
    raise PermissionError
"""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_submission_is_a_failed_check(submit, name):
    source, check, says = HOSTILE[name]
    began = time.monotonic()
    verdict = submit(source)
    failed = verdict.failed
    assert failed is not None
    assert not check or failed.name == check, failed
    assert says in failed.detail.en, failed.detail.en
    assert failed.detail.en.isprintable() or set(filter(lambda c: not c.isprintable(), failed.detail.en)) == {"\n"}
    assert len(failed.detail.en.splitlines()) <= 12
    assert time.monotonic() - began < 30
    assert EXERCISE.solution == SOLUTION


@pytest.mark.skipif(not LINUX, reason="held by Landlock and seccomp")
@pytest.mark.parametrize("name", PAST_PYTHON)
def test_the_kernel_refuses_what_python_cannot(submit, name):
    verdict = submit(called(PAST_PYTHON[name], head=REFUSED))
    if not verdict.protected:
        pytest.skip("this kernel has no Landlock or no seccomp")
    assert verdict.failed is not None
    assert "PermissionError" in verdict.failed.detail.en
    assert submit(SOLUTION).ok


def test_the_judge_is_none_the_worse_for_it(submit):
    submit(called("os._exit(3)"))
    assert submit(SOLUTION).ok


def test_what_a_submission_prints_is_kept_apart_from_the_verdict(submit):
    verdict = submit(called("print('hello from inside')"))
    assert verdict.ok
    assert "hello from inside" in verdict.output


@pytest.mark.skipif(not LINUX, reason="looks for processes in /proc")
def test_nothing_is_left_running(tmp_path):
    path = tmp_path / "submission.py"
    path.write_text(called("while True: pass"))
    with Judge(sys.executable, limits=LIMITS) as judge:
        judge.judge(EXERCISE, path)
        processes = descendants(judge._referee.pid)
    assert processes
    assert not [pid for pid in processes if Path(f"/proc/{pid}").exists()]


def descendants(pid: int) -> list[int]:
    children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in read(task / "children").split()]
    return children + [below for child in children for below in descendants(child)]


def read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


@pytest.mark.skipif(not LINUX, reason="looks for processes in /proc")
def test_an_interrupted_judgement_ends_everything_at_once(tmp_path):
    path = tmp_path / "submission.py"
    path.write_text(called("while True: pass"))
    judge = Judge(sys.executable, limits=Limits(wall_s=60, call_s=60))
    judge.start()
    ends = []
    waiting = threading.Thread(target=lambda: ends.append(error_of(judge, path)))
    waiting.start()
    while len(processes := descendants(judge._referee.pid)) < 2:
        time.sleep(0.1)
    time.sleep(1)
    began = time.monotonic()
    judge.stop()
    waiting.join()
    assert time.monotonic() - began < 4
    assert ends == ["JudgeEnded"]
    time.sleep(0.2)  # the signal that follows a parent's death
    assert not [pid for pid in processes if Path(f"/proc/{pid}").exists()]


def error_of(judge: Judge, path: Path) -> str:
    try:
        return str(judge.judge(EXERCISE, path))
    except AttnquizError as error:
        return type(error).__name__
