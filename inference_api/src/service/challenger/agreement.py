"""How far the challenger's answers are from those of the champion, for the same rows."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

from src.service.prediction.outputs import Answer

SAME_NUMBER: Final = 0.01
"""Numbers agree up to this relative difference."""


@dataclass(slots=True)
class Agreement:
    """Sums over compared rows. Rows with several outputs count once: they agree when all outputs do.

    Attributes:
        rows: Compared rows.
        agreeing: Those with equal labels, or with numbers that differ by `SAME_NUMBER` at most.
        numbers: Rows whose answers are numbers, for which there are differences.
        absolute: Sum of the absolute differences, the mean of all outputs for each row.
        relative: Sum of these, each divided by the larger of both magnitudes.
    """

    rows: int = 0
    agreeing: int = 0
    numbers: int = 0
    absolute: float = 0.0
    relative: float = 0.0

    def add(self, champion: Answer, challenger: Answer) -> None:
        """Compare the answers for one row."""
        self.rows += 1
        pairs = _pairs(champion, challenger)
        if pairs is None:
            self.agreeing += champion == challenger
            return
        absolute = relative = largest = 0.0
        for one, other in pairs:
            difference = abs(one - other)
            share = difference / max(abs(one), abs(other)) if difference else 0.0
            absolute += difference
            relative += share
            largest = max(largest, share)
        if not isfinite(absolute):  # beyond the range of a double
            return
        self.numbers += 1
        self.agreeing += largest <= SAME_NUMBER
        self.absolute += absolute / len(pairs)
        self.relative += relative / len(pairs)

    def include(self, other: Agreement) -> None:
        """Add the sums of further rows."""
        self.rows += other.rows
        self.agreeing += other.agreeing
        self.numbers += other.numbers
        self.absolute += other.absolute
        self.relative += other.relative

    def mean_absolute(self) -> float | None:
        """The mean absolute difference; None without numbers."""
        return self.absolute / self.numbers if self.numbers else None

    def mean_relative(self) -> float | None:
        """The mean relative difference; None without numbers."""
        return self.relative / self.numbers if self.numbers else None


def _pairs(champion: Answer, challenger: Answer) -> list[tuple[float, float]] | None:
    """The numbers of both answers, output by output; None for labels, which are equal or not."""
    if isinstance(champion, float) and isinstance(challenger, float):
        return [(champion, challenger)]
    if not isinstance(champion, list) or not isinstance(challenger, list) or len(champion) != len(challenger):
        return None
    found = []
    for one, other in zip(champion, challenger, strict=True):
        pairs = _pairs(one, other)
        if not pairs:
            return None
        found += pairs
    return found or None
