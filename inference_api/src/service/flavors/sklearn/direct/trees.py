"""The leaf values of trees of `sklearn.tree`, summed over the trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Matrix, Step
from src.service.flavors.sklearn.direct.merged_trees import MAX_NODES, Fields, MergedTrees, merge, total

TREE_CLASSES: Final = frozenset(
    f"sklearn.tree._classes.{name}" for name in ("BaseDecisionTree", "DecisionTreeClassifier", "DecisionTreeRegressor")
)
"""The classes whose methods predict with `tree_` only."""
_FIELDS: Final = Fields("left_child", "right_child", "feature", "threshold")


class LeafSums:
    """The sums of the values of the leaves that rows reach; NaN for rows that scikit-learn may refuse."""

    def __init__(self, sums: Step, *, missing: bool) -> None:
        """Store what sums, and whether the trees support missing values.

        Args:
            sums: From single-precision rows to the sums, of shape (rows, outputs).
            missing: Whether the trees support missing values.
        """
        self._sums = sums
        self._refused = np.isinf if missing else _not_finite

    def __call__(self, matrix: Matrix) -> Matrix:
        """Sums of shape (rows, outputs), NaN for a row that scikit-learn may refuse."""
        with np.errstate(over="ignore"):  # a value too large for single precision becomes infinite, and is refused
            single = matrix.astype(np.float32, copy=False)
        sums = self._sums(single)
        refused = self._refused(single)
        if 1 in refused.tobytes():
            sums[refused.any(axis=1)] = np.nan
        return sums


def merged_sums(trees: Sequence[Any], values: Sequence[Matrix]) -> Step | None:
    """The sums by one call for all trees, or None when the trees are too large to be kept twice.

    Args:
        trees: The `tree_` of each fitted tree.
        values: One row of values for each node of each tree.
    """
    if sum(tree.node_count for tree in trees) > MAX_NODES:
        return None
    columns = trees[0].n_features
    tables = [tree.__getstate__()["nodes"] for tree in trees]
    nodes, roots = merge(tables, [table["left_child"] < 0 for table in tables], _FIELDS, columns)
    merged = type(trees[0])(columns + 1, np.ones(1, dtype=np.intp), 1)
    depth = max(tree.max_depth for tree in trees) + len(trees).bit_length()
    blank = np.zeros((len(nodes), 1, 1))
    merged.__setstate__({"max_depth": depth, "node_count": len(nodes), "nodes": nodes, "values": blank})
    at_nodes = np.concatenate([np.zeros((roots[0], values[0].shape[1]), values[0].dtype), *values])
    merged_trees = MergedTrees(_NodeValues(merged, at_nodes), len(trees), columns, np.float32)
    return lambda single: total(merged_trees(single))


class SumsByTree:
    """The sums by one call for each tree: for many rows faster, because a single tree stays in the processor's cache.

    The rows are sorted by the column that most roots compare: rows that are near each other take the same branches,
    which the processor then predicts.
    """

    def __init__(self, trees: Sequence[Any], values: Sequence[Matrix]) -> None:
        """Prepare the trees.

        Args:
            trees: The `tree_` of each fitted tree.
            values: One row of values for each node of each tree.
        """
        self._trees = [_NodeValues(tree, of_tree) for tree, of_tree in zip(trees, values, strict=True)]
        self._outputs = values[0].shape[1]
        roots = np.bincount([max(tree.feature[0], 0) for tree in trees])  # negative for a tree without a comparison
        self._column = int(roots.argmax())

    def __call__(self, single: Matrix) -> Matrix:
        """Sums of shape (rows, outputs)."""
        order = single[:, self._column].argsort()
        ordered = single[order]
        added = np.zeros((len(single), self._outputs))
        for tree in self._trees:
            added += tree(ordered)
        sums = np.empty_like(added)
        sums[order] = added
        return sums


class _NodeValues:
    def __init__(self, tree: Any, values: Matrix) -> None:
        self._apply = tree.apply
        self._values = values

    def __call__(self, inputs: Matrix) -> Matrix:
        found: Matrix = self._values.take(self._apply(inputs), axis=0)
        return found


def _not_finite(values: Matrix) -> Matrix:
    return ~np.isfinite(values)
