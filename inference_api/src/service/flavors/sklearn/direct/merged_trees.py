"""Many decision trees become one, which a single call of scikit-learn's own compiled code walks through.

A call costs more than the walk: a hundred trees take scikit-learn a hundred calls, several milliseconds for one row.
The merged tree asks first which tree is meant, in one more column, and leads to the root of that tree; the rest of it
are the very nodes of the trees, so that the comparisons, and the leaves, are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Matrix

MAX_NODES: Final = 1_000_000
"""Merged trees live beside the original ones: 72 bytes a node."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Names in the table of a tree's nodes.

    Attributes:
        left: Place of the node for values up to the threshold.
        right: Place of the other.
        feature: Column to compare.
        threshold: What to compare it with.
    """

    left: str
    right: str
    feature: str
    threshold: str


def merge(tables: Sequence[Matrix], leaves: Sequence[Matrix], fields: Fields, columns: int) -> tuple[Matrix, list[int]]:
    """One table of nodes that starts with the choice of a tree.

    Args:
        tables: The nodes of each tree, its root first.
        leaves: Which of them are leaves, for each tree.
        fields: How the tables name their fields.
        columns: Columns of the input; the number of the tree is the one behind them.

    Returns:
        The table, and the place of each tree's root.
    """
    first = len(tables) - 1  # as many choices as a balanced binary tree with a leaf for each tree has
    roots = (first + np.cumsum([0, *[len(table) for table in tables[:-1]]])).tolist()
    merged: Matrix = np.zeros(first + sum(map(len, tables)), dtype=tables[0].dtype)
    for root, table, leaf in zip(roots, tables, leaves, strict=True):
        part = merged[root : root + len(table)]
        part[:] = table
        for child in (fields.left, fields.right):
            part[child][~leaf] += root
    free = iter(range(first))

    def choice(low: int, high: int) -> int:
        if high - low == 1:
            return int(roots[low])
        place, middle = next(free), (low + high) // 2
        merged[place][fields.feature] = columns
        merged[place][fields.threshold] = middle - 0.5
        merged[place][fields.left] = choice(low, middle)
        merged[place][fields.right] = choice(middle, high)
        return place

    choice(0, len(tables))
    return merged, roots


class MergedTrees:
    """Asks every tree about every row in one call."""

    def __init__(self, ask: Callable[[Matrix], Matrix], trees: int, columns: int, dtype: Any) -> None:
        """Fix what the trees compare.

        Args:
            ask: The merged tree: one value, or one row of values, for each row.
            trees: How many were merged.
            columns: Columns of the input.
            dtype: What the trees take.
        """
        self._ask = ask
        self._numbers = np.arange(trees, dtype=dtype)[:, None]
        self._columns = columns

    def __call__(self, matrix: Matrix) -> Matrix:
        """The trees' values, of shape (trees, rows, outputs)."""
        shape = (len(self._numbers), len(matrix), self._columns + 1)
        asked = np.empty(shape, dtype=self._numbers.dtype)
        asked[:, :, : self._columns] = matrix
        asked[:, :, self._columns] = self._numbers
        values = self._ask(asked.reshape(-1, shape[2]))
        return values.reshape(*shape[:2], -1)


def total(values: Matrix) -> Matrix:
    """The sum along the first axis, added one after the other as scikit-learn does: equal to the last bit."""
    if values[0].size == 1:  # NumPy would add a single row of numbers pairwise
        last: Matrix = np.add.accumulate(values, axis=0)[-1]
        return last
    added: Matrix = np.add.reduce(values, axis=0)
    return added
