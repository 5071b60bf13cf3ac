"""Counts in which bin each value of some rows lies. The bins of all columns are one vector."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from src.service.drift.stability_index import stability_terms
from src.service.feature_profile import MAX_CATEGORIES, CategoryProfile, ColumnProfile, NumberProfile, most_bins

MIN_ROWS_PER_BIN: Final = 50
"""Rows that a column needs for each bin that has training rows: with fewer, chance alone moves the index by more than
a fiftieth."""

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - rows have datetimes in UTC without a zone
_NOT_A_NUMBER: Final = float("nan")


class BinCounter:
    """The bins of some columns: those of the profile, and in each column one for missing values.

    Attributes:
        size: Number of bins.
        minimum_rows: For each column, how many rows it needs for an index.
    """

    def __init__(self, columns: Sequence[ColumnProfile], rows: int) -> None:
        """Lay out the bins.

        Args:
            columns: The distribution of each column in training, at least one column.
            rows: Number of training rows.
        """
        counts = [_training_counts(column, rows) for column in columns]
        first = np.concatenate([[0], np.cumsum([len(found) for found in counts])])
        self.size = int(first[-1])
        self._first: NDArray[np.int64] = first[:-1]
        self._expected = np.concatenate(counts) / rows
        self.minimum_rows = [MIN_ROWS_PER_BIN * int(np.count_nonzero(found)) for found in counts]
        numbers = [(place, column) for place, column in enumerate(columns) if isinstance(column, NumberProfile)]
        self._numbers = [(place, column.kind == "datetime") for place, column in numbers]
        self._number_bins = np.array([first[place] for place, _ in numbers])[:, None]
        self._missing_bins = np.array([first[place + 1] - 1 for place, _ in numbers])[:, None]
        longest = max((len(column.edges) for _, column in numbers), default=0)
        # No value is above infinity: it fills up the shorter lists of edges.
        edges = [[*column.edges, *[np.inf] * (longest - len(column.edges))] for _, column in numbers]
        self._edges = np.array(edges, dtype=np.float64).reshape(len(numbers), 1, longest)
        self._categories = [
            (place, *_category_bins(column, rows, int(first[place])))
            for place, column in enumerate(columns)
            if isinstance(column, CategoryProfile)
        ]

    def count(self, columns: Sequence[Sequence[Any]]) -> NDArray[np.int64]:
        """The number of values in each bin.

        Args:
            columns: The values of each column; all have the same number of them, at least one.
        """
        places: list[Any] = []
        if self._numbers:
            values = np.array(
                [_seconds(columns[place]) if is_time else columns[place] for place, is_time in self._numbers],
                dtype=np.float64,  # makes NaN of None
            )
            bins = (values[:, :, None] > self._edges).sum(axis=2) + self._number_bins
            places.append(np.where(np.isnan(values), self._missing_bins, bins).ravel())
        for place, bin_of, other in self._categories:
            places.append([bin_of.get(value, other) for value in columns[place]])
        return np.bincount(np.concatenate(places), minlength=self.size)

    def indices(self, counts: NDArray[np.int64]) -> list[float | None]:
        """The population stability index of each column; None with too few rows.

        Args:
            counts: The number of values in each bin.
        """
        rows = np.add.reduceat(counts, self._first)
        shares = counts / np.repeat(np.maximum(rows, 1), np.diff(np.append(self._first, self.size)))
        found = np.add.reduceat(stability_terms(self._expected, shares), self._first)
        return [
            float(index) if count >= minimum else None
            for index, count, minimum in zip(found.tolist(), rows.tolist(), self.minimum_rows, strict=True)
        ]


def _training_counts(column: ColumnProfile, rows: int) -> list[int]:
    """The number of training rows in each bin, those with missing values last."""
    if isinstance(column, NumberProfile):
        return [*column.counts, column.missing]
    own = most_bins(rows, MAX_CATEGORIES)
    return [*column.counts[:own], column.other + sum(column.counts[own:]), column.missing]


def _category_bins(column: CategoryProfile, rows: int, first: int) -> tuple[dict[Any, int], int]:
    """The bin of each value that has one of its own, and the bin of all others."""
    own = column.categories[: most_bins(rows, MAX_CATEGORIES)]
    other = first + len(own)
    return {**{value: first + index for index, value in enumerate(own)}, None: other + 1}, other


def _seconds(moments: Sequence[datetime | None]) -> list[float]:
    return [_NOT_A_NUMBER if moment is None else (moment - _EPOCH).total_seconds() for moment in moments]
