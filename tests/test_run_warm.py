"""A demo that begins in an interpreter that was made ready before."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from demos.leftovers import nothing_left, wait_until
from demos.write import write_demo

from attnquiz.run import warm
from attnquiz.run.demo import load_demo, parse_demo
from attnquiz.run.limits import Limits
from attnquiz.run.runner import Output, Run, run_demo, start_demo
from attnquiz.run.warm import Server, Spares, Warm

SCALING = Path(__file__).parent / "demos" / "scaling.py"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a server of forks is Linux alone")
KINDS = [pytest.param("server", marks=linux), "alone"]


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    with nothing_left(tmp_path) as mark:
        yield {"LANG": mark, "PATH": os.environ["PATH"]}


@pytest.fixture(params=KINDS)
def spares(request: pytest.FixtureRequest, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Spares]:
    """One spare is ready. It has fractions imported, where those of demos have torch, which takes longer."""
    monkeypatch.setattr(warm, "MODULES", ("fractions",))
    if request.param == "alone":
        monkeypatch.setattr(Server, "start", classmethod(lambda *_: None))
    spares = Spares(sys.executable, env, Limits())
    spares.renew()
    assert spares.wait(20)
    yield spares
    spares.close()


@pytest.fixture
def server(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(warm, "MODULES", ("fractions",))
    server = Server.start(sys.executable, env)
    assert server
    assert server.wait(20)
    yield server
    server.close()


def run(body: str, warm: Warm, env: dict[str, str], limits: Limits | None = None) -> Run:
    return run_demo(write_demo(body), python=sys.executable, env=env, warm=warm, limits=limits)


IS_WARM = "import sys\nprint('fractions' in sys.modules)"


def test_a_spare_has_its_modules_already_and_a_cold_start_has_not(spares: Spares, env: dict[str, str]) -> None:
    assert run(IS_WARM, spares, env).output == "True\n"
    assert run_demo(write_demo(IS_WARM), python=sys.executable, env=env).output == "False\n"


def test_the_next_spare_is_made_when_one_has_been_used(spares: Spares, env: dict[str, str]) -> None:
    for _ in range(3):
        assert run(IS_WARM, spares, env).output == "True\n"
        assert spares.wait(20)


def test_a_spare_runs_one_demo_and_knows_nothing_of_the_last(spares: Spares, env: dict[str, str]) -> None:
    body = "import fractions\nprint(hasattr(fractions, 'left'), globals().get('left'))\nfractions.left = left = 1"
    for _ in range(2):
        assert run(body, spares, env).output == "False None\n"
        assert spares.wait(20)


def test_without_a_spare_a_demo_starts_cold(spares: Spares, env: dict[str, str]) -> None:
    child = spares.take(Limits())
    assert child
    assert run(IS_WARM, spares, env).output == "False\n"
    child.end()


def test_other_limits_than_the_spares_start_cold(spares: Spares, env: dict[str, str]) -> None:
    assert run(IS_WARM, spares, env, Limits(files=100)).output == "False\n"


def test_a_spare_that_was_killed_is_replaced_by_a_cold_start(spares: Spares, env: dict[str, str]) -> None:
    assert spares.spare
    spares.spare.process.kill()
    assert run(IS_WARM, spares, env).ok
    assert spares.wait(20)
    assert run(IS_WARM, spares, env).output == "True\n"


def test_the_time_a_spare_spent_on_warming_up_does_not_count(spares: Spares, env: dict[str, str]) -> None:
    body = "import resource as r, time\nprint(r.getrlimit(r.RLIMIT_CPU)[0] >= 300 + time.process_time())"
    assert run(body, spares, env).output == "True\n"


def test_output_of_a_spare_is_heard_from_every_side(spares: Spares, env: dict[str, str]) -> None:
    body = "import os, sys\nprint('out')\nprint('error', file=sys.__stderr__)\nos.system('echo shell')"
    assert run(body, spares, env).output == "out\nerror\nshell\n"


def test_closing_ends_what_waits_and_what_is_being_made(env: dict[str, str]) -> None:
    spares = Spares(sys.executable, env, Limits())  # with torch, so it is still being made
    spares.renew()
    began = time.monotonic()
    spares.close()
    assert time.monotonic() - began < 3.0
    spares.renew()
    assert not spares.wait(0)


def test_spares_of_a_python_that_is_not_there_are_none(env: dict[str, str]) -> None:
    spares = Spares("/no/such/python", env, Limits())
    spares.renew()
    assert not spares.wait(20)
    assert run("pass", spares, env).ok
    spares.close()


@linux
def test_forks_draw_different_random_numbers_until_they_are_seeded(server: Server, env: dict[str, str]) -> None:
    source = write_demo("print(drawn)").source.replace(
        "torch.manual_seed(7)", "drawn = torch.random()\ntorch.manual_seed(7)"
    )
    demo = parse_demo(source, Path("9.9.9-plain/demo.py"))
    outputs = {run_demo(demo, python=sys.executable, env=env, warm=server).output for _ in range(3)}
    assert len(outputs) == 3


@linux
def test_several_forks_run_at_once(server: Server, env: dict[str, str]) -> None:
    demo = write_demo(IS_WARM + "\nimport time\ntime.sleep(0.2)")
    running = [start_demo(demo, python=sys.executable, env=env, warm=server) for _ in range(4)]
    assert {each.wait().output for each in running} == {"True\n"}


@linux
def test_a_server_that_was_killed_is_replaced_by_cold_starts(server: Server, env: dict[str, str]) -> None:
    demo = write_demo("import time\nprint('up')\ntime.sleep(0.5)")
    with start_demo(demo, python=sys.executable, env=env, warm=server) as running:
        assert wait_until(lambda: any(isinstance(event, Output) for event in running.events(0.1)))
        server.process.kill()
        assert run(IS_WARM, server, env).output == "False\n"
        assert running.wait().ok


def test_a_demo_on_torch_is_the_same_warm_and_cold(env: dict[str, str]) -> None:
    spares = Spares(sys.executable, env, Limits())
    spares.renew()
    assert spares.wait(60)
    demo = load_demo(SCALING)
    ended = run_demo(demo, python=sys.executable, env=env, warm=spares)
    spares.close()
    cold = run_demo(demo, python=sys.executable, env=env)
    assert (ended.claims, ended.output, ended.pictures) == (cold.claims, cold.output, cold.pictures)
    assert ended.ok
