"""Merged trees of `sklearn.tree`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Matrix
from src.service.flavors.sklearn.direct.merged_trees import MAX_NODES, Fields, MergedTrees, merge

TREE_CLASSES: Final = frozenset(
    f"sklearn.tree._classes.{name}" for name in ("BaseDecisionTree", "DecisionTreeClassifier", "DecisionTreeRegressor")
)
"""The classes whose methods predict with `tree_` only."""
_FIELDS: Final = Fields("left_child", "right_child", "feature", "threshold")


class LeafValues:
    """The values of the leaves that rows reach; NaN for rows that scikit-learn may refuse."""

    def __init__(self, merged_trees: MergedTrees, *, missing: bool = False) -> None:
        """Store the merged trees, and whether they support missing values."""
        self._merged_trees = merged_trees
        self._refused = np.isinf if missing else _not_finite

    def __call__(self, matrix: Matrix) -> Matrix:
        """Values of shape (trees, rows, outputs), NaN for a row that scikit-learn may refuse."""
        with np.errstate(over="ignore"):  # a value too large for single precision becomes infinite, and is refused
            single = matrix.astype(np.float32, copy=False)
        values = self._merged_trees(single)
        refused = self._refused(single)
        if 1 in refused.tobytes():
            values[:, refused.any(axis=1)] = np.nan
        return values


def leaf_values(trees: Sequence[Any], values: Sequence[Matrix], *, missing: bool = False) -> LeafValues | None:
    """The leaf values of many trees, or None when they are too large to be kept twice.

    Args:
        trees: The `tree_` of each fitted tree.
        values: One row of values for each node of each tree.
        missing: Whether the trees support missing values.
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
    at_nodes = np.concatenate([np.zeros((roots[0], values[0].shape[1])), *values])
    return LeafValues(MergedTrees(_NodeValues(merged, at_nodes), len(trees), columns, np.float32), missing=missing)


class _NodeValues:
    def __init__(self, tree: Any, values: Matrix) -> None:
        self._apply = tree.apply
        self._values = values

    def __call__(self, inputs: Matrix) -> Matrix:
        found: Matrix = self._values.take(self._apply(inputs), axis=0)
        return found


def _not_finite(values: Matrix) -> Matrix:
    return ~np.isfinite(values)
