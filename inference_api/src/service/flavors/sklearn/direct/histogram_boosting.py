"""Histogram gradient boosting with its trees merged: a hundred calls for one tree each take 90 % of its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Computation, Matrix, Step
from src.service.flavors.sklearn.direct.defining_class import defining_classes
from src.service.flavors.sklearn.direct.labels import ArgmaxLabels, SignLabels
from src.service.flavors.sklearn.direct.merged_trees import MAX_NODES, Fields, MergedTrees, merge, total

_MODULE: Final = "sklearn.ensemble._hist_gradient_boosting.gradient_boosting"
_FIELDS: Final = Fields("left", "right", "feature_idx", "num_threshold")


def histogram_boosting(estimator: Any, method: str) -> Computation | None:
    """The computation of fitted histogram gradient boosting on numbers, or None for anything else."""
    base = f"{_MODULE}.BaseHistGradientBoosting"
    if defining_classes(estimator, "_raw_predict", "_preprocess_X", "_predict_iterations") != {base}:
        return None
    where = defining_classes(estimator, method)
    ways = _ways(estimator)
    if ways is None:
        return None
    few, many = ways
    loss = estimator._loss  # noqa: SLF001 - the link from scores to predictions has no public name
    if where == {f"{_MODULE}.HistGradientBoostingRegressor"} and method == "predict":
        inverse = loss.link.inverse
        return Computation(few, lambda scores: inverse(scores.ravel()), raw_of_many=many)
    if where == {f"{_MODULE}.HistGradientBoostingClassifier"}:
        if method == "predict_proba":
            return Computation(few, loss.predict_proba, raw_of_many=many)
        if method == "predict":
            several = estimator.n_trees_per_iteration_ > 1
            labels = ArgmaxLabels(estimator.classes_) if several else SignLabels(estimator.classes_)
            return Computation(few, labels, raw_of_many=many)
    return None


class _RawScores:
    """The sum of the iterations, one column per class. The trees support missing values."""

    def __init__(self, scores: Step) -> None:
        self._scores = scores

    def __call__(self, matrix: Matrix) -> Matrix:
        scores = self._scores(matrix)
        infinite = np.isinf(matrix) if matrix.dtype.kind == "f" else None
        if infinite is not None and infinite.any():
            scores[infinite.any(axis=1)] = np.nan  # a transformer before it may refuse infinity
        return scores


class _MergedScores:
    """The scores by one call for all trees; those of the first iteration contain the initial prediction."""

    def __init__(self, merged_trees: MergedTrees, classes: int) -> None:
        self._merged_trees = merged_trees
        self._classes = classes

    def __call__(self, matrix: Matrix) -> Matrix:
        iterations = self._merged_trees(matrix).reshape(-1, self._classes, len(matrix))
        return np.asfortranarray(total(iterations).T)  # the memory layout that the loss expects


class _ScoresByTree:
    """The scores by one call for each tree: for many rows faster, because the merged tree is deeper."""

    def __init__(self, predictors: Sequence[Step], start: Matrix) -> None:
        self._predictors = predictors
        self._start = start

    def __call__(self, matrix: Matrix) -> Matrix:
        doubles = np.asarray(matrix, dtype=np.float64)
        scores = np.empty((len(matrix), len(self._start)), order="F")
        scores[:] = self._start
        for number, predictor in enumerate(self._predictors):
            scores[:, number % len(self._start)] += predictor(doubles)
        return scores


class _Predictor:
    """Calls one tree, merged or not, in one thread."""

    def __init__(self, predictor: Any, columns: int) -> None:
        self._predict = predictor.predict
        self._categories = np.zeros((0, 8), dtype=np.uint32)
        self._map = np.zeros(columns + 1, dtype=np.uint32)

    def __call__(self, inputs: Matrix) -> Matrix:
        found: Matrix = self._predict(inputs, self._categories, self._map, 1)
        return found


def _ways(estimator: Any) -> tuple[Step, Step] | None:
    """The raw scores by one call for all trees, and the same by one call for each."""
    predictors = [predictor for iteration in estimator._predictors for predictor in iteration]  # noqa: SLF001 - the trees
    tables = [predictor.nodes.copy() for predictor in predictors]
    columns, width = estimator.n_features_in_, estimator.n_trees_per_iteration_
    if estimator._preprocessor is not None or sum(map(len, tables)) > MAX_NODES:  # noqa: SLF001 - not None for categories only
        return None
    leaves = [table["is_leaf"] != 0 for table in tables]
    start = estimator._baseline_prediction.ravel()  # noqa: SLF001 - the initial prediction
    for index in range(width):
        tables[index]["value"] += start[index]
    nodes, _roots = merge(tables, leaves, _FIELDS, columns)
    blank = np.zeros((0, 8), dtype=np.uint32)
    merged = _Predictor(type(predictors[0])(nodes, blank, blank), columns)
    alone = [_Predictor(predictor, columns) for predictor in predictors]
    few = _MergedScores(MergedTrees(merged, len(tables), columns, np.float64), len(start))
    return _RawScores(few), _RawScores(_ScoresByTree(alone, start))
