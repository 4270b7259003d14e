"""What a check can ask of a submission in another process, tried on exercises made for it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator

import pytest

from attnquiz.errors import AttnquizError, TorchMissing
from attnquiz.judge.exercise import BadExercise, load_exercise
from attnquiz.judge.process import Limits
from attnquiz.judge.verdict import Judge, judge

PROMPT = "# Title\n\nThe task.\n\n## {hint} 1\n\nfirst\n\n## {hint} 2\n\nsecond\n\n## {hint} 3\n\nthird\n"
STUB = """
def f(x, cache=None):
    raise NotImplementedError

class Layer:
    def __init__(self, width):
        raise NotImplementedError
    def forward(self, x):
        raise NotImplementedError
    def twice(self, x):
        raise NotImplementedError
"""
LAYER = """
class Layer(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = torch.nn.Linear(width, width)
    def forward(self, x):
        return self.inner(x)
    def twice(self, x):
        return self.inner(x), self.inner(x) * 2
"""
HEAD = """
import torch
from torch import Tensor
from attnquiz.judge.compare import *
from attnquiz.judge.compare import Looks
LOOKS = Looks("it looks wrong", "看起来不对", "think", "想一想")
LARGE = Looks("right values, but a tensor of n x n was made", "数值对，但产生了 n×n 的张量")
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Judge]:
    with Judge(sys.executable, limits=Limits(wall_s=30, call_s=5)) as judge:
        yield judge


@pytest.fixture
def run(running, tmp_path):
    """`run(check body, f's body)` judges; the check is called check_it_holds."""

    def run(check: str, body: str = "return x + 1", head: str = ""):
        checks = f'{HEAD}{head}\ndef check_it_holds(submission):\n    """It holds.\n    成立。"""\n'
        write_exercise(tmp_path, checks + textwrap.indent(textwrap.dedent(check), "    "))
        source = f"import torch\n{LAYER}\ndef f(x, cache=None):\n" + textwrap.indent(textwrap.dedent(body), "    ")
        (tmp_path / "submission.py").write_text(source)
        return running.judge(load_exercise(tmp_path), tmp_path / "submission.py")

    return run


def write_exercise(folder, checks):
    (folder / "checks.py").write_text(checks)
    (folder / "stub.py").write_text(STUB)
    (folder / "solution.py").write_text(STUB)
    for lang, hint in ("en", "Hint"), ("zh", "提示"):
        (folder / f"prompt.{lang}.md").write_text(PROMPT.format(hint=hint))


def test_a_tensor_arrives_with_its_dtype_its_strides_and_its_bits(run):
    check = """
    for x in (torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last), torch.randn(6).expand(3, 6),
              torch.randn(8)[::2], torch.tensor(-0.0), torch.empty(0, 3), torch.arange(3), torch.ones(2).bfloat16()):
        got = submission.asking(any_kind=True).f(x).value
        assert got[0] == list(x.stride()) and got[1] == str(x.dtype) and got[2] == list(x.shape), got
        expect_equal(got[3], x.contiguous(), LOOKS)
    """
    assert run(check, "return [list(x.stride()), str(x.dtype), list(x.shape), x.clone()]").ok


def test_nested_results_come_back_as_they_were(run):
    check = "\n".join(
        [
            "a, (b, c) = submission.f(torch.ones(2))",
            "expect_equal(a, torch.ones(2), LOOKS)",
            "expect_equal(b, torch.zeros(3), LOOKS)",
        ]
    )
    head = "RETURNS = {'f': (Tensor, (Tensor, Tensor))}"
    assert run(check, "return x + 0, (torch.zeros(3), x * 2)", head).ok
    failed = run(check, "return x + 0, x * 2", head).failed
    assert "not what was asked for" in failed.detail.en


def test_gradients_of_inputs_come_back_none_where_nothing_flows(run):
    check = """
    x, y = torch.randn(3).double(), torch.randn(3).double()
    w = torch.randn(3).double()
    reply = submission.asking(grad_of=[x, y], cotangent=w).f(x, y)
    expect_gradients(reply, [2 * x * w], ["x"], LOOKS) if False else None
    expect_close(reply.grads[0], 2 * x * w, LOOKS)
    assert reply.grads[1] is None
    """
    assert run(check, "return x * x").ok


def test_a_cache_comes_back_changed_in_place_or_moved(run):
    check = """
    cache = {"k": torch.full((4,), torch.nan), "len": 0}
    reply = submission.asking().f(torch.ones(1), cache=cache)
    assert reply.changed == ("cache",), reply.changed
    assert reply.after["cache"]["len"] == 1
    expect_equal(reply.after["cache"]["k"][:1], torch.ones(1), LOOKS)
    expect(not reply.moved, Looks("moved " + str(reply.moved), "搬动了"))
    """
    assert run(check, "cache['k'][0] = x[0]; cache['len'] += 1\nreturn x + 1").ok
    moved = run(check, "cache['k'] = torch.cat([x, cache['k'][1:]]); cache['len'] += 1\nreturn x + 1")
    assert "moved ('cache.k',)" in moved.failed.detail.en


def test_an_object_stays_over_there_with_its_parameters_methods_and_calls(run):
    check = """
    state = {"inner.weight": torch.randn(3, 3).double(), "inner.bias": torch.randn(3).double()}
    layer, x = submission.Layer(3).load(state).eval(), torch.randn(2, 3).double()
    expect_close(layer(x), x @ state["inner.weight"].T + state["inner.bias"], LOOKS)
    w = torch.randn(2, 3).double()
    reply = layer.asking(parameters=True, cotangent=w)(x)
    expect_close(reply.parameter_grads["inner.bias"], w.sum(0), LOOKS)
    once, doubled = layer.twice(x)
    expect_close(doubled, 2 * once, LOOKS)
    assert layer.asking().twice(x).calls == {"inner": 2}
    assert set(layer.state()) == set(state)
    """
    assert run(check, head="RETURNS = {'Layer.twice': (Tensor, Tensor)}").ok


def test_a_parameter_that_is_missing_is_named(run):
    failed = run("submission.Layer(3).load({'outer.weight': torch.ones(3, 3)})").failed
    assert "no parameter outer.weight" in failed.detail.en


def test_the_same_seed_draws_the_same_numbers(run):
    check = """
    x = torch.zeros(5)
    a, b, c = (submission.asking(seed=seed).f(x).value for seed in (1, 1, 2))
    expect_equal(a, b, LOOKS)
    expect(not torch.equal(a, c), LOOKS)
    """
    assert run(check, "return x + torch.rand(5)").ok


QUADRATIC = """
x = torch.randn(8192, 2)
submission.asking(memory_mib=32, beyond=LARGE).f(x)
"""


def test_a_tensor_of_n_by_n_is_refused_by_name(run):
    assert run(QUADRATIC, "return x.cumsum(0)").ok
    failed = run(QUADRATIC, "return (x @ x.T) @ x").failed
    assert failed.detail.en.startswith("right values, but a tensor of n x n was made")
    assert "(8192, 8192)" in failed.detail.en


def test_a_view_of_an_input_is_no_tensor_that_was_made(run):
    large = "reply = submission.asking(trace=True).f(torch.ones(100, 100))\nexpect(reply.largest.elements == 1, LOOKS)"
    assert run(large, "return x[:, 1:].mT[0].sum() + 1").ok


def test_a_tuple_where_one_tensor_is_asked_for_is_named_as_that_even_if_it_holds_an_input(run):
    failed = run("submission.f(torch.ones(2))", "return x + 1, x").failed
    assert failed.name == "it_holds"
    assert "not what was asked for" in failed.detail.en


def test_memory_that_was_refused_and_done_without_is_fine(run):
    body = "try:\n    x @ x.T\nexcept RuntimeError:\n    pass\nreturn x + 1"
    assert run(QUADRATIC, body).ok == (sys.platform == "linux")


def test_a_limit_of_time_of_the_exercise_fails_the_check_that_set_it(run):
    failed = run("submission.asking(seconds=0.5, beyond=LARGE).f(torch.ones(1))", "while True: pass").failed
    assert failed.name == "it_holds"


def test_an_exception_can_be_asked_for(run):
    check = "expect_raises(submission.asking(may_raise=True).f(torch.ones(1)), 'ValueError')"
    assert run(check, "class Mine(ValueError): pass\nraise Mine('no')").ok
    assert "no ValueError is raised" in run(check, "return x + 1").failed.detail.en
    assert "KeyError: 'x'" in run(check, "raise KeyError('x')").failed.detail.en


def test_a_result_that_a_check_cannot_compute_with_is_a_failed_check(run):
    failed = run("submission.f(torch.ones(3))[:, 2]", "return torch.ones(3)").failed
    assert failed.name == "it_holds"
    assert "IndexError" in failed.detail.en


def test_a_suspect_is_named_instead_of_the_general_mistake(run):
    check = """
    x = torch.randn(3).double()
    expect_close(submission.f(x), x + 1, LOOKS, suspects=[(Looks("added two", "加了二"), x + 2)])
    """
    detail = run(check, "return x + 2").failed.detail
    assert detail.en.splitlines()[0] == "added two"
    assert detail.en.splitlines()[-1] == "think"
    assert detail.zh.splitlines()[0] == "加了二"


def test_a_message_has_at_most_twelve_lines(run):
    body = "raise ValueError('\\n'.join('line' for _ in range(50)))"
    detail = run("submission.f(torch.ones(2), {str(i): i for i in range(50)})", body).failed.detail
    assert len(detail.en.splitlines()) <= 12


def test_tensors_broadcast_to_the_right_shape_are_wrong(run):
    failed = run("expect_close(submission.f(torch.ones(3)), torch.ones(3), LOOKS)", "return torch.ones(1)").failed
    assert "expected: (3,)" in failed.detail.en


def test_a_result_that_is_right_to_a_few_digits_is_said_to_be_so(run):
    check = "expect_close(submission.f(torch.ones(2).double()), torch.ones(2).double() * 2, LOOKS)"
    assert "a few digits only" in run(check, "return x + 1 + 1e-7").failed.detail.en
    assert "it looks wrong" in run(check, "return x + 1.01").failed.detail.en


def test_booleans_and_large_integers_are_compared_exactly(run):
    booleans = "expect_equal(submission.f(torch.tensor([True, False])), torch.tensor([True, False]), LOOKS)"
    assert run(booleans, "return x.clone()").ok
    assert "it looks wrong" in run(booleans, "return ~x").failed.detail.en
    integers = "expect_close(submission.f(torch.tensor([1 << 40, 7])), torch.tensor([1 << 40, 7]), LOOKS)"
    assert run(integers, "return x.clone()").ok
    assert "it looks wrong" in run(integers, "return x + 1").failed.detail.en


def test_what_was_expected_is_said_in_both_languages(run):
    two = 'RETURNS = {"f": (Tensor, Tensor)}\n'
    for check, head in ("submission.f(torch.ones(2))", two), ("expect_parts(submission.f(torch.ones(2)), 2)", ""):
        detail = run(check, head=head).failed.detail
        assert "expected: a tuple of 2" in detail.en or "expected: 2 values" in detail.en
        assert "期望：2 个" in detail.zh


def test_checks_that_cannot_be_loaded_are_the_exercises_fault(running, tmp_path):
    write_exercise(tmp_path, "import nothing_of_that_name")
    with pytest.raises(BadExercise, match="nothing_of_that_name"):
        running.judge(load_exercise(tmp_path), tmp_path / "stub.py")


def test_a_file_that_is_not_there_is_said_to_be_missing(running, tmp_path):
    write_exercise(tmp_path, HEAD)
    with pytest.raises(AttnquizError, match="no such file"):
        running.judge(load_exercise(tmp_path), tmp_path / "nowhere.py")


def test_an_interpreter_without_torch_is_said_to_lack_it(tmp_path):
    write_exercise(tmp_path, HEAD)
    for python in str(tmp_path / "no-python"), bare_python():
        with pytest.raises(TorchMissing, match="torch"):
            judge(load_exercise(tmp_path), tmp_path / "stub.py", python=python)


def bare_python() -> str:
    """The interpreter below the virtual environment, where there is one."""
    return getattr(sys, "_base_executable", sys.executable)


def test_prompts_have_three_hints_in_both_languages(tmp_path):
    write_exercise(tmp_path, HEAD)
    exercise = load_exercise(tmp_path)
    assert exercise.prompt.en == "# Title\n\nThe task."
    assert [hint.zh for hint in exercise.hints] == ["first", "second", "third"]
    (tmp_path / "prompt.zh.md").write_text("# 标题\n\n## 提示 1\n\n只有一条\n")
    with pytest.raises(BadExercise, match="1 hints"):
        load_exercise(tmp_path)


def test_a_bug_is_shown_without_the_lines_that_give_it_away(tmp_path):
    write_exercise(tmp_path, HEAD)
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong" / "other.py").write_text("# fails: it_holds\nx = 1\n")
    (tmp_path / "wrong" / "bug1_sign.py").write_text("# fails: it_holds\n# bug: a sign | 一个符号\nx = -1\n")
    (bug,) = load_exercise(tmp_path).bugs
    assert (bug.number, bug.bug.zh, bug.code(), bug.fails) == (1, "一个符号", "x = -1\n", "it_holds")


def test_a_verdict_as_json_has_the_keys_of_the_contract(run):
    verdict = run("expect(False, LOOKS)")
    data = verdict.as_json("4.2.1/code", "zh")
    assert data["id"] == "4.2.1/code"
    assert data["ok"] is False
    assert data["checks"][-1]["name"] == "it_holds"
    assert data["checks"][-1]["ok"] is False
    assert data["checks"][-1]["detail"].startswith("看起来不对")
    assert data["checks"][0] == {"name": "the_file_loads", "ok": True, "detail": ""}


def test_checks_after_the_first_failed_one_are_not_run(running, tmp_path):
    write_exercise(tmp_path, HEAD + "def check_a(s):\n    expect(False, LOOKS)\ndef check_b(s):\n    pass\n")
    (tmp_path / "submission.py").write_text("import torch\n" + LAYER + "def f(x): pass\n")
    checks = running.judge(load_exercise(tmp_path), tmp_path / "submission.py").checks
    assert [(check.name, check.ok) for check in checks[-2:]] == [("a", False), ("b", None)]


def test_a_stub_that_is_not_python_is_said_to_be_so(tmp_path):
    write_exercise(tmp_path, HEAD)
    (tmp_path / "stub.py").write_text("def f(:\n")
    with pytest.raises(BadExercise, match=r"stub\.py:1: not Python"):
        load_exercise(tmp_path)
    (tmp_path / "stub.py").unlink()
    with pytest.raises(BadExercise, match="no such file"):
        load_exercise(tmp_path)


def test_what_is_shown_of_an_exercise_holds_no_control_character(tmp_path):
    write_exercise(tmp_path, HEAD)
    prompt = tmp_path / "prompt.en.md"
    prompt.write_text(prompt.read_text().replace("The task", "The \x1b[2Jtask"))
    assert "\x1b" not in load_exercise(tmp_path).prompt.en
