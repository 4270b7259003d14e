"""A demo needs nothing of attnquiz: plain `python demo.py` prints its table and ends well, in any folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DEMOS = sorted((ROOT / "answers").glob("*/demo.py"))
LONGEST_LINE = 110


@pytest.mark.parametrize("path", [pytest.param(path, id=path.parent.name) for path in DEMOS])
def test_a_demo_runs_under_plain_python(path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-I", str(path)]
    done = subprocess.run(command, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert max(map(len, done.stdout.splitlines())) <= LONGEST_LINE
    assert list(tmp_path.iterdir()) == []
