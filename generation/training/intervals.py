"""A measured value and how far the truth may lie from it: 95 % intervals, each with its count and its method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959964  # of the normal distribution, 97.5 %
_FEW = {1: 12.7062, 2: 4.3027}  # where the series below is not near enough


@dataclass(frozen=True)
class Interval:
    """`value` lies between `low` and `high` with 95 %; `n` is what was counted, `how` the method, if any."""

    value: float
    low: float
    high: float
    n: int
    how: str = ""


def share(hits: int, n: int) -> Interval:
    """How many of n, from 0 to 1, with Wilson's interval (Wilson 1927). Raises ValueError where nothing was counted."""
    if n < 1:
        raise ValueError("a share of nothing has no value")
    found, square = hits / n, Z * Z
    middle = (found + square / (2 * n)) / (1 + square / n)
    apart = Z / (1 + square / n) * math.sqrt(found * (1 - found) / n + square / (4 * n * n))
    return Interval(found, max(0.0, middle - apart), min(1.0, middle + apart), n, "Wilson")


def mean(values: Sequence[float]) -> Interval:
    """The mean with Student's interval; of a single value nothing is known about how far off it is."""
    n = len(values)
    if n < 1:
        raise ValueError("a mean of nothing has no value")
    middle = math.fsum(values) / n
    if n == 1:
        return Interval(middle, -math.inf, math.inf, 1, "t")
    variance = math.fsum((each - middle) ** 2 for each in values) / (n - 1)
    apart = student(n - 1) * math.sqrt(variance / n)
    return Interval(middle, middle - apart, middle + apart, n, "t")


def once(value: float, n: int = 1) -> Interval:
    """A fact that is looked at, not drawn: a size, a yes or no."""
    return Interval(value, value, value, n)


def student(freedom: int) -> float:
    """The 97.5 % point of Student's t, good to three places (Abramowitz and Stegun 26.7.5)."""
    if freedom in _FEW:
        return _FEW[freedom]
    z, v = Z, freedom
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4)
    )
