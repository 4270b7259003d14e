"""Numbers as they stand beside a plot: short, and never without their sign."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def short(value: float) -> str:
    """About three significant digits, in at most seven characters."""
    size = abs(value)
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and size < 1e5:
        return str(int(value))
    if 100 <= size < 1e5:
        return f"{value:.0f}"
    return f"{value:.3g}" if 1e-3 <= size < 100 else exponential(value, 2)


def full(value: float) -> str:
    """A number that a reader may want exactly: whole ones with all digits, others with four."""
    size = abs(value)
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and size < 1e12:
        return f"{int(value):,}"
    if 1e4 <= size < 1e9:
        return f"{value:,.0f}"
    return f"{value:.4g}" if 1e-3 <= size < 1e4 else exponential(value, 3)


def exponential(value: float, digits: int) -> str:
    """`1.5e6` rather than `1.50e+06`."""
    mantissa, _, power = f"{value:.{digits}e}".partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(power)}"


def cell_format(values: Sequence[float]) -> Callable[[float], str]:
    """How to write the numbers of one table, all to the same digit."""
    finite = [value for value in values if math.isfinite(value)]
    largest = max(map(abs, finite), default=0.0)
    if largest < 10_000 and all(value == int(value) for value in finite):
        return _or_name(lambda value: str(int(value)))
    if not 0.01 <= largest < 10_000:
        return _or_name(lambda value: exponential(value, 1))
    digits = 2 if largest < 10 else 1 if largest < 1000 else 0
    return _or_name(lambda value: _fixed(value, digits))


def _fixed(value: float, digits: int) -> str:
    """`.83` for 0.83: where space is short the zero before the point goes first. An exact zero has no digits."""
    if value == 0:
        return "0"
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if abs(value) < 1 and text.lstrip("-").startswith("0.") else text


def _or_name(write: Callable[[float], str]) -> Callable[[float], str]:
    return lambda value: write(value) if math.isfinite(value) else str(value)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two bounds, one to a few of them."""
    if high <= low or most < 2:
        return [low]
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next((size * factor for factor in (1, 2, 2.5, 5) if size * factor >= rough), size * 10)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [at * step for at in range(first, min(last, first + 2 * most) + 1)] or [low]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten between two positive bounds, or 1, 2 and 5 times them where the bounds are close."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    powers = [10.0**power for power in range(first, last + 1)]
    inside = [tick for tick in powers if low * 0.999 <= tick <= high * 1.001]
    if len(inside) >= 2:
        return inside[:: math.ceil(len(inside) / most)]
    finer = [tick * factor for tick in powers for factor in (1, 2, 5)]
    return [tick for tick in finer if low * 0.999 <= tick <= high * 1.001] or [low, high]
