"""An axis: which values it spans, where they lie, where its marks are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

_MARKS = 5
_DECADES = 6
_ROOM = 1.06


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from `low` to `high`, drawn from `start` to `end`, marked every `step`; powers of ten if logarithmic."""

    low: float
    high: float
    start: float
    end: float
    step: float
    logarithmic: bool = False

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float) -> Self:
        """From 0 to the first mark that is no less than the largest."""
        highest = max(_finite(values), default=0)
        step = _round_step(highest / _MARKS) if highest > 0 else 0.2
        return cls(0, step * max(math.ceil(highest / step * 0.9999), 1) if highest > 0 else 1, start, end, step)

    @classmethod
    def beyond(cls, values: Iterable[float], start: float, end: float) -> Self:
        """From 0 to a little above the largest, so that a mark there does not lie on the edge."""
        return cls.over([value * _ROOM for value in values], start, end)

    @classmethod
    def between(cls, values: Iterable[float], start: float, end: float) -> Self:
        """From a little below the smallest to a little above the largest."""
        known = sorted(_finite(values)) or [0.0, 1.0]
        step = _round_step(((known[-1] - known[0]) or abs(known[0]) or 1) / _MARKS)
        low = max((math.ceil(known[0] / step) - 1) * step, 0)
        return cls(low, (math.floor(known[-1] / step) + 1) * step, start, end, step)

    @classmethod
    def logarithm(cls, values: Iterable[float], start: float, end: float) -> Self:
        """Whole powers of ten, at least one."""
        known = [value for value in _finite(values) if value > 0] or [1.0]
        lowest = math.floor(math.log10(min(known)))
        highest = max(math.ceil(math.log10(max(known))), lowest + 1)
        step = max(math.ceil((highest - lowest) / _DECADES), 1)
        return cls(lowest, highest, start, end, step, logarithmic=True)

    @property
    def digits(self) -> int | None:
        """Decimals that a mark needs; None for as many as it has."""
        return None if self.logarithmic else max(-math.floor(math.log10(self.step) + 1e-9), 0)

    def place(self, value: float) -> float:
        """Where a value lies; at an end if it lies outside."""
        if self.logarithmic:
            value = math.log10(value) if value > 0 else self.low
        share = min(max((value - self.low) / (self.high - self.low), 0), 1)
        return self.start + share * (self.end - self.start)

    def marks(self) -> list[float]:
        """Values worth a label."""
        count = int((self.high - self.low) / self.step + 1e-6)
        marks = [self.low + self.step * position for position in range(count + 1)]
        return [10.0**mark for mark in marks] if self.logarithmic else marks


def _finite(values: Iterable[float]) -> list[float]:
    return [value for value in values if math.isfinite(value)]


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5 and 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * first for first in (1, 2, 5, 10) if power * first >= rough * 0.9999)
