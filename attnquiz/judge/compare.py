"""What the checks of an exercise are written with: expectations that raise the mistake they see.

Kind, dtype and shape are compared before values and nothing is broadcast. A NaN never equals anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from attnquiz.judge.mistake import Looks, Mistake, Pair, Text, clean, difference, show, with_hint

if TYPE_CHECKING:
    from torch import Tensor

    from attnquiz.judge.reply import Reply

Suspects = Iterable[tuple[Looks, "Tensor"]]

WRONG_KIND = Looks("the result is not what was asked for: {want}", "返回的不是题目要求的东西：应为 {want}")
WRONG_PARTS = Looks("the result is not what was asked for: {want} values", "返回的不是题目要求的东西：应为 {want} 个值")
WRONG_LENGTH = Looks("the result does not have {want} parts", "返回值应有 {want} 个部分")
WRONG_SHAPE = Looks("the result has the wrong shape", "结果的形状不对")
WRONG_DTYPE = Looks("the result has the wrong dtype", "结果的 dtype 不对")
NOT_FINITE = Looks("NaN in {what}", "{what} 里出现了 NaN")
NOT_FINITE_RESULT = Looks("NaN in the result", "结果里出现了 NaN")
ROUNDED = 1e-5  # further off than the tolerance, yet the formula is right
IMPRECISE = Looks(
    "the values are right to a few digits only",
    "数值只有前几位正确",
    "Is something computed in float32, or an epsilon added, that the task does not ask for?",
    "是不是有一步用了 float32，或者加了题目没有要求的 epsilon？",
)
NO_GRADIENT = Looks("no gradient flows back to {name}", "没有梯度传回 {name}")
MUTATED = Looks(
    "an input is changed: {name}",
    "输入被改动了：{name}",
    "The caller still needs it: which operation works in place?",
    "调用者之后还要用它：哪一步是原地操作？",
)
NOT_RAISED = Looks("no {kind} is raised", "没有抛出 {kind}")


def expect(condition: bool, looks: Looks, *lines: Pair) -> None:
    if not condition:
        raise Mistake(looks, list(lines))


def expect_close(
    got: object, want: Tensor, looks: Looks, *, tol: float = 1e-9, suspects: Suspects = (), name: str = ""
) -> None:
    """`got` is a tensor with the dtype and shape of `want` and |got - want| <= tol * (1 + max|want|) everywhere.

    `suspects` are wrong results with the mistake that gives each: the first that `got` is close to is named instead of
    `looks`. `name` says which part of the result is compared.
    """
    result = expect_like(got, want, looks, name=name)
    error, bound = _errors(result, want), tol * (1 + _largest(want))
    if bool((error <= bound).all()):
        return
    for suspect, value in suspects:
        if value.shape == result.shape and bool((_errors(result, value, nan_is_nan=True) <= bound).all()):
            looks = with_hint(suspect, looks)
            break
    else:
        if bool((result.isnan() & ~want.isnan()).any()):
            looks = with_hint(NOT_FINITE.about(what=name) if name else NOT_FINITE_RESULT, looks)
        elif bool((error <= max(tol, ROUNDED) * (1 + _largest(want))).all()):
            looks = IMPRECISE
    raise Mistake(looks, _worst(result, want, error, name))


def expect_equal(got: object, want: Tensor, looks: Looks, *, suspects: Suspects = (), name: str = "") -> None:
    """For booleans, integers and values that are only moved about: no tolerance."""
    expect_close(got, want, looks, tol=0.0, suspects=suspects, name=name)


def expect_like(got: object, want: Tensor, looks: Looks, *, name: str = "") -> Tensor:
    """`got` is a tensor of the dtype and shape of `want`; which it returns."""
    import torch

    if not isinstance(got, torch.Tensor):
        raise Mistake(with_hint(WRONG_KIND.about(want=show_kind(want)), looks), difference(Text(show_kind(want)), got))
    if got.shape != want.shape:
        shapes = difference(tuple(want.shape), tuple(got.shape), _at(name))
        raise Mistake(with_hint(WRONG_SHAPE, looks), shapes)
    if got.dtype != want.dtype:
        raise Mistake(with_hint(WRONG_DTYPE, looks), difference(_dtype(want), _dtype(got), _at(name)))
    return got


def expect_parts(got: object, count: int) -> Sequence[object]:
    """`got` is a tuple or list of `count` parts; which it returns."""
    if not isinstance(got, (tuple, list)):
        raise Mistake(WRONG_PARTS.about(want=count), difference(Text(f"{count} values", f"{count} 个值"), got))
    if len(got) != count:
        raise Mistake(WRONG_LENGTH.about(want=count), difference(count, len(got)))
    return got


def expect_gradients(
    reply: Reply, want: Sequence[Tensor], names: Sequence[str], looks: Looks, *, tol: float = 1e-9
) -> None:
    """The gradients that a call was asked for, against the reference's."""
    for got, expected, name in zip(reply.grads, want, names, strict=True):
        if got is None:
            raise Mistake(with_hint(NO_GRADIENT.about(name=name), looks))
        expect_close(got, expected, looks, name=f"d/d{name}", tol=tol)


def gradients_of(function: Callable[..., Any], inputs: Sequence[Tensor], cotangent: Any) -> list[Tensor]:
    """Of the reference: what `asking(grad_of=inputs, cotangent=cotangent)` should bring; zeros where nothing flows."""
    import torch

    leaves = [tensor.detach().clone().requires_grad_() for tensor in inputs]
    outputs, weights = function(*leaves), cotangent
    if isinstance(outputs, torch.Tensor):
        outputs, weights = [outputs], [weights]
    terms = [(output * weight).sum() for output, weight in zip(outputs, weights, strict=True) if output.requires_grad]
    grads = torch.autograd.grad(torch.stack(terms).sum(), leaves, allow_unused=True)
    return [torch.zeros_like(leaf) if grad is None else grad for leaf, grad in zip(leaves, grads, strict=True)]


def expect_untouched(reply: Reply, looks: Looks = MUTATED) -> None:
    """No tensor, list or dict given to the call was changed, bit for bit."""
    if reply.changed:
        raise Mistake(looks.about(name=", ".join(reply.changed)))


def expect_raises(reply: Reply, kind: str, looks: Looks = NOT_RAISED) -> None:
    """`reply` comes from a call `asking(may_raise=True)`; `kind` is an exception's name, subclasses count."""
    if reply.raised is None:
        raise Mistake(looks.about(kind=kind), [(f"got: {show(reply.value)}", f"得到：{show(reply.value)}")])
    if kind not in reply.raised.kinds:
        raise Mistake(looks.about(kind=kind), difference(Text(kind), Text(clean(reply.raised.text())[:100])))


def is_close(got: object, want: Tensor, tol: float = 1e-9) -> bool:
    """As `expect_close`, but answering."""
    try:
        expect_close(got, want, WRONG_SHAPE, tol=tol)
    except Mistake:
        return False
    return True


def show_kind(tensor: Tensor) -> str:
    return f"tensor {str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"


def _dtype(tensor: Tensor) -> Text:
    return Text(str(tensor.dtype).removeprefix("torch."))


def _at(name: str) -> str:
    return f" ({name})" if name else ""


def _errors(got: Tensor, want: Tensor, *, nan_is_nan: bool = False) -> Tensor:
    """Elementwise distance: 0 between equal infinities, infinite where either side is NaN or infinite."""
    import torch

    if not (got.dtype.is_floating_point or got.dtype.is_complex):
        return (got != want).double()
    wide = torch.complex128 if got.dtype.is_complex else torch.float64
    got, want = got.to(wide), want.to(wide)
    error = (got - want).abs().nan_to_num(nan=torch.inf, posinf=torch.inf)
    same = (got == want) | (got.isnan() & want.isnan()) if nan_is_nan else got == want
    return error.masked_fill(same, 0.0)


def _largest(want: Tensor) -> float:
    """What the tolerance grows with: nothing for booleans and integers, which are compared exactly."""
    finite = want[want.isfinite()]
    if not finite.numel() or not (want.dtype.is_floating_point or want.dtype.is_complex):
        return 0.0
    return float(finite.abs().max())


def _worst(got: Tensor, want: Tensor, error: Tensor, name: str) -> list[Pair]:
    """Small results whole, large ones at the element that is furthest off."""
    whole = difference(want, got, _at(name))
    if show(want).endswith("]") and show(got).endswith("]") and show(want) != show(got):
        return whole
    place = [int(i) for i in _unravel(int(error.argmax()), got.shape)]
    at = f" {name}{place}"
    return difference(want[tuple(place)], got[tuple(place)], at)


def _unravel(index: int, shape: Sequence[int]) -> list[int]:
    place = []
    for size in reversed(shape):
        index, remainder = divmod(index, size)
        place.append(remainder)
    return place[::-1]
