"""Gradient boosting: a constant plus the stages, for which scikit-learn has one compiled function."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Computation, Matrix, Step
from src.service.flavors.sklearn.direct.defining_class import defining_class, defining_classes
from src.service.flavors.sklearn.direct.labels import ArgmaxLabels, SignLabels

_BASE: Final = "sklearn.ensemble._gb.BaseGradientBoosting"
_REGRESSOR: Final = "sklearn.ensemble._gb.GradientBoostingRegressor"
_CLASSIFIER: Final = "sklearn.ensemble._gb.GradientBoostingClassifier"
_CONSTANTS: Final = frozenset({"sklearn.dummy.DummyClassifier", "sklearn.dummy.DummyRegressor"})


def gradient_boosting(estimator: Any, method: str) -> Computation | None:
    """The computation of fitted gradient boosting with a constant initial prediction, or None for anything else."""
    if defining_classes(estimator, "_raw_predict", "_raw_predict_init") != {_BASE}:
        return None
    where = defining_classes(estimator, method)
    postprocess: Step | None = None
    if where == {_REGRESSOR} and method == "predict":
        postprocess = np.ravel
    elif where == {_CLASSIFIER} and defining_class(estimator, "decision_function") == _CLASSIFIER:
        postprocess = _decision(estimator, method)
    raw = postprocess and _stages(estimator)
    return None if raw is None else Computation(raw, postprocess)


def _decision(estimator: Any, method: str) -> Step | None:
    single = estimator.estimators_.shape[1] == 1
    if method == "predict":
        classes = estimator.classes_
        return SignLabels(classes, zero_is_second=True) if single else ArgmaxLabels(classes)
    if method != "predict_proba":
        return None
    proba: Step = estimator._loss.predict_proba  # noqa: SLF001 - the link from scores to probabilities has no public name
    return (lambda scores: proba(scores.ravel())) if single else proba


class _Stages:
    """The scores, one column per class."""

    def __init__(self, estimator: Any, start: Matrix) -> None:
        from sklearn.ensemble._gradient_boosting import predict_stages  # noqa: PLC0415 - the estimator has imported it

        self._add = predict_stages
        self._trees = estimator.estimators_
        self._rate = estimator.learning_rate
        self._start = start
        self._columns = estimator.n_features_in_

    def __call__(self, matrix: Matrix) -> Matrix:
        with np.errstate(over="ignore"):  # a value too large for single precision becomes infinite, and is refused
            single = np.ascontiguousarray(matrix, dtype=np.float32)
        if single.shape[1] != self._columns:
            raise ValueError("another number of columns than the trees know")  # predict_stages does not check
        scores = np.repeat(self._start, len(single), axis=0)
        self._add(self._trees, single, self._rate, scores)
        finite = np.isfinite(single)
        if 0 in finite.tobytes():
            scores[~finite.all(axis=1)] = np.nan
        return scores


def _stages(estimator: Any) -> _Stages | None:
    start = estimator.init_
    if not (isinstance(start, str) or defining_class(start, "predict") in _CONSTANTS):
        return None
    any_row = np.zeros((1, estimator.n_features_in_), dtype=np.float32)
    return _Stages(estimator, estimator._raw_predict_init(any_row))  # noqa: SLF001 - the initial prediction
