"""What the longer tests share: one warm interpreter for each worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from attnquiz.run.warm import Server

IMPORT_S = 60.0


@pytest.fixture(scope="session")
def warm() -> Iterator[Server | None]:
    """Forks a demo's process in milliseconds, where forking is safe."""
    server = Server.start(sys.executable, os.environ)
    if server is None:
        yield None
        return
    server.wait(IMPORT_S)
    yield server
    server.close()
