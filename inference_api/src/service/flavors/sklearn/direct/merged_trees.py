"""Merges decision trees into one, which scikit-learn's compiled code evaluates in a single call.

A call costs more than the evaluation: for a hundred trees scikit-learn makes a hundred calls, which take several
milliseconds for one row. The merged tree has one more input column with the number of a tree: its first nodes compare
this number and lead to the root of that tree. The other nodes are those of the trees, with the same comparisons and
leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Matrix

MAX_NODES: Final = 1_000_000
"""Limit of memory: merged trees are kept in addition to the original ones, 72 bytes per node."""


@dataclass(frozen=True, slots=True)
class Fields:
    """Names of the fields in a table of nodes.

    Attributes:
        left: Index of the child for values up to the threshold.
        right: Index of the other child.
        feature: Column to compare.
        threshold: Value to compare it with.
    """

    left: str
    right: str
    feature: str
    threshold: str


def merge(tables: Sequence[Matrix], leaves: Sequence[Matrix], fields: Fields, columns: int) -> tuple[Matrix, list[int]]:
    """Merge tables of nodes into one that begins with the selection of a tree.

    Args:
        tables: The nodes of each tree, its root first.
        leaves: A mask of the leaves of each tree.
        fields: The names of the fields.
        columns: Number of input columns; the number of the tree is in the column after them.

    Returns:
        The merged table, and the index of each tree's root.
    """
    first = len(tables) - 1  # number of inner nodes of a binary tree with a leaf for each tree
    roots = (first + np.cumsum([0, *[len(table) for table in tables[:-1]]])).tolist()
    merged: Matrix = np.zeros(first + sum(map(len, tables)), dtype=tables[0].dtype)
    for root, table, leaf in zip(roots, tables, leaves, strict=True):
        part = merged[root : root + len(table)]
        part[:] = table
        for child in (fields.left, fields.right):
            part[child][~leaf] += root
    free = iter(range(first))

    def add_selection(low: int, high: int) -> int:
        if high - low == 1:
            return int(roots[low])
        index, middle = next(free), (low + high) // 2
        merged[index][fields.feature] = columns
        merged[index][fields.threshold] = middle - 0.5
        merged[index][fields.left] = add_selection(low, middle)
        merged[index][fields.right] = add_selection(middle, high)
        return index

    add_selection(0, len(tables))
    return merged, roots


class MergedTrees:
    """Evaluates every tree on every row in one call."""

    def __init__(self, predict: Callable[[Matrix], Matrix], trees: int, columns: int, dtype: Any) -> None:
        """Prepare the column of tree numbers.

        Args:
            predict: Evaluates the merged tree: one value, or one row of values, for each row.
            trees: Number of trees.
            columns: Number of input columns.
            dtype: Input dtype of the trees.
        """
        self._predict = predict
        self._numbers = np.arange(trees, dtype=dtype)[:, None]
        self._columns = columns

    def __call__(self, matrix: Matrix) -> Matrix:
        """The trees' values, of shape (trees, rows, outputs)."""
        shape = (len(self._numbers), len(matrix), self._columns + 1)
        inputs = np.empty(shape, dtype=self._numbers.dtype)
        inputs[:, :, : self._columns] = matrix
        inputs[:, :, self._columns] = self._numbers
        values = self._predict(inputs.reshape(-1, shape[2]))
        return values.reshape(*shape[:2], -1)


def total(values: Matrix) -> Matrix:
    """The sum along the first axis, added in sequence as scikit-learn does, so that every bit is equal."""
    if values[0].size == 1:  # `reduce` would use pairwise summation
        last: Matrix = np.add.accumulate(values, axis=0)[-1]
        return last
    added: Matrix = np.add.reduce(values, axis=0)
    return added
