"""Counts of the rows of the last hour, say, or of the last ten thousand, whichever are fewer."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

PARTS: Final = 10


@dataclass(frozen=True, slots=True)
class WindowSize:
    """The limits of a window.

    Attributes:
        rows: The most rows in it; once it was full it has at least nine tenths of them.
        seconds: The age at which rows leave it.
    """

    rows: int
    seconds: float


@dataclass(slots=True)
class _Part:
    """The counts of rows that came one after the other, since `start`."""

    start: float
    counts: NDArray[np.int64]
    rows: int = 0


class SlidingCounts:
    """A window that forgets a tenth of its rows, or of its time, at once: it keeps counts, no rows.

    Attributes:
        counts: The sum of all counts in the window.
        rows: Number of rows in it.
    """

    def __init__(self, bins: int, size: WindowSize) -> None:
        """Start empty.

        Args:
            bins: Length of the counts.
            size: The limits.
        """
        self.counts: NDArray[np.int64] = np.zeros(bins, dtype=np.int64)
        self.rows = 0
        self._max_rows, self._max_seconds = size.rows, size.seconds
        self._parts: deque[_Part] = deque()

    @property
    def start(self) -> float | None:
        """The time since which its rows came; None without any."""
        return self._parts[0].start if self._parts else None

    def add(self, time: float, counts: NDArray[np.int64], rows: int) -> None:
        """Add rows that came at this time, which is not before that of the rows before.

        Args:
            time: In seconds.
            counts: Their counts.
            rows: Their number, at most a tenth of those of a full window.
        """
        last = self._parts[-1] if self._parts else None
        if (
            last is None
            or (last.rows + rows) * PARTS > self._max_rows
            or (time - last.start) * PARTS >= self._max_seconds
        ):
            last = _Part(time, np.zeros_like(self.counts))
            self._parts.append(last)
        for known in (last, self):
            known.counts += counts
            known.rows += rows
        self.forget(time)

    def forget(self, time: float) -> None:
        """Drop what is too old at this time, or too much."""
        while self._parts and (self.rows > self._max_rows or time - self._parts[0].start > self._max_seconds):
            first = self._parts.popleft()
            self.counts -= first.counts
            self.rows -= first.rows
