"""Decision trees, random forests and extremely randomized trees: the mean of the leaf values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Computation, Matrix, Step
from src.service.flavors.sklearn.direct.defining_class import defining_class
from src.service.flavors.sklearn.direct.labels import ArgmaxLabels
from src.service.flavors.sklearn.direct.trees import TREE_CLASSES, LeafSums, SumsByTree, merged_sums

_FOREST: Final = "sklearn.ensemble._forest.BaseForest"
_REGRESSOR: Final = "sklearn.ensemble._forest.ForestRegressor"
_CLASSIFIER: Final = "sklearn.ensemble._forest.ForestClassifier"


def forest(estimator: Any, method: str) -> Computation | None:
    """The computation of a fitted tree or forest, or None for anything else."""
    members = _members(estimator, method)
    if not members or method not in {"predict", "predict_proba"}:
        return None
    labels = hasattr(estimator, "classes_")
    if labels and (
        estimator.n_outputs_ > 1 or defining_class(estimator, "predict_proba") not in {_CLASSIFIER, *TREE_CLASSES}
    ):
        return None
    methods = ("predict", "predict_proba", "_validate_X_predict") if labels else ("predict", "_validate_X_predict")
    if any(defining_class(member, name) not in TREE_CLASSES for member in members for name in methods):
        return None
    ways = _ways(members, flat=not labels and estimator.n_outputs_ == 1)
    if ways is None:
        return None
    postprocess = ArgmaxLabels(estimator.classes_) if labels and method == "predict" else None
    few, many = ways
    return Computation(few, postprocess, raw_of_many=many)


def _members(estimator: Any, method: str) -> Sequence[Any]:
    where = defining_class(estimator, method)
    if where in TREE_CLASSES:
        return [estimator]
    if where in {_REGRESSOR, _CLASSIFIER} and defining_class(estimator, "_validate_X_predict") == _FOREST:
        members: Sequence[Any] = estimator.estimators_
        return members
    return []


class _Mean:
    """The mean of the trees' values, one column per output or class."""

    def __init__(self, sums: Step, count: int, *, flat: bool) -> None:
        self._sums = sums
        self._count = count
        self._flat = flat

    def __call__(self, matrix: Matrix) -> Matrix:
        mean = self._sums(matrix)
        mean /= self._count
        return mean[:, 0] if self._flat else mean


def _ways(members: Sequence[Any], *, flat: bool) -> tuple[Step, Step] | None:
    """The mean by one call for all trees, and the same by one call for each."""
    trees = [member.tree_ for member in members]
    values = [tree.value.reshape(tree.node_count, -1) for tree in trees]
    merged = merged_sums(trees, values)
    if merged is None:
        return None
    # A forest checks for missing values with its first tree.
    missing = bool(members[0]._support_missing_values(np.zeros((1, trees[0].n_features))))  # noqa: SLF001 - its only name
    few, many = (
        _Mean(LeafSums(sums, missing=missing), len(trees), flat=flat) for sums in (merged, SumsByTree(trees, values))
    )
    return few, many
