"""An axis of a chart: its range, the positions of values, its marks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

_MARKS = 5
_DECADES = 6
_MARGIN = 1.06


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high` at positions from `start` to `end`, a mark every `step`; exponents if logarithmic."""

    low: float
    high: float
    start: float
    end: float
    step: float
    logarithmic: bool = False

    @classmethod
    def from_zero(cls, values: Iterable[float], start: float, end: float) -> Self:
        """From 0 to the first mark not below the largest value."""
        highest = max(_finite(values), default=0)
        step = _round_step(highest / _MARKS) if highest > 0 else 0.2
        return cls(0, step * max(math.ceil(highest / step * 0.9999), 1) if highest > 0 else 1, start, end, step)

    @classmethod
    def with_margin(cls, values: Iterable[float], start: float, end: float) -> Self:
        """From 0 to above the largest value, so that its shape is not on the edge."""
        return cls.from_zero([value * _MARGIN for value in values], start, end)

    @classmethod
    def around(cls, values: Iterable[float], start: float, end: float) -> Self:
        """From below the smallest value to above the largest."""
        known = sorted(_finite(values)) or [0.0, 1.0]
        step = _round_step(((known[-1] - known[0]) or abs(known[0]) or 1) / _MARKS)
        low = max((math.ceil(known[0] / step) - 1) * step, 0)
        return cls(low, (math.floor(known[-1] / step) + 1) * step, start, end, step)

    @classmethod
    def logarithmic_over(cls, values: Iterable[float], start: float, end: float) -> Self:
        """Whole powers of ten, at least one."""
        known = [value for value in _finite(values) if value > 0] or [1.0]
        lowest = math.floor(math.log10(min(known)))
        highest = max(math.ceil(math.log10(max(known))), lowest + 1)
        step = max(math.ceil((highest - lowest) / _DECADES), 1)
        return cls(lowest, highest, start, end, step, logarithmic=True)

    @property
    def digits(self) -> int | None:
        """Decimals of the labels at the marks; None for as many as each needs."""
        return None if self.logarithmic else max(-math.floor(math.log10(self.step) + 1e-9), 0)

    def position(self, value: float) -> float:
        """Position of a value; an end of the axis for a value outside."""
        if self.logarithmic:
            value = math.log10(value) if value > 0 else self.low
        share = min(max((value - self.low) / (self.high - self.low), 0), 1)
        return self.start + share * (self.end - self.start)

    def marks(self) -> list[float]:
        """Values with a mark."""
        count = int((self.high - self.low) / self.step + 1e-6)
        marks = [self.low + self.step * number for number in range(count + 1)]
        return [10.0**mark for mark in marks] if self.logarithmic else marks


def _finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _round_step(minimum: float) -> float:
    """The smallest of 1, 2, 5 and 10 times a power of ten that is not below a value."""
    power = 10.0 ** math.floor(math.log10(minimum))
    return next(power * first for first in (1, 2, 5, 10) if power * first >= minimum * 0.9999)
