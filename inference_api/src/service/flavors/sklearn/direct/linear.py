"""Linear models: a matrix product and a sum. Input checks take 90 % of the time of scikit-learn's `predict`."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from src.service.flavors.computation import Computation, Matrix
from src.service.flavors.sklearn.direct.defining_class import defining_class
from src.service.flavors.sklearn.direct.labels import ArgmaxLabels, SignLabels

_LINEAR_MODEL: Final = "sklearn.linear_model._base.LinearModel"
_CLASSIFIER: Final = "sklearn.linear_model._base.LinearClassifierMixin"
_LOGISTIC: Final = "sklearn.linear_model._logistic.LogisticRegression"
_STOCHASTIC: Final = "sklearn.linear_model._stochastic_gradient.BaseSGDRegressor"
# Classes whose `predict` is `_decision_function` and nothing else.
_REGRESSORS: Final = frozenset(
    {
        _LINEAR_MODEL,
        _STOCHASTIC,
        "sklearn.linear_model._base.MultiOutputLinearModel",
        "sklearn.linear_model._bayes.ARDRegression",
        "sklearn.linear_model._bayes.BayesianRidge",
        "sklearn.linear_model._ridge.Ridge",
        "sklearn.linear_model._ridge.RidgeCV",
    }
)
# Classes whose `_decision_function` is X @ coef_.T + intercept_ for a dense X.
_SUMS: Final = frozenset({_LINEAR_MODEL, _STOCHASTIC, "sklearn.linear_model._coordinate_descent.ElasticNet"})


def linear(estimator: Any, method: str) -> Computation | None:
    """The computation of a fitted linear regressor or classifier, or None for anything else."""
    where = defining_class(estimator, method)
    if method == "predict" and where in _REGRESSORS and defining_class(estimator, "_decision_function") in _SUMS:
        return Computation(_Sum(estimator))
    if defining_class(estimator, "decision_function") != _CLASSIFIER:
        return None
    if method == "predict" and where == _CLASSIFIER:
        single = estimator.coef_.ndim == 1 or len(estimator.coef_) == 1
        labels = SignLabels(estimator.classes_) if single else ArgmaxLabels(estimator.classes_)
        return Computation(_Scores(estimator), labels)
    if method == "predict_proba" and where == _LOGISTIC:
        return Computation(_Scores(estimator), _binary if len(estimator.classes_) <= 2 else _several)  # noqa: PLR2004
    return None


class _Sum:
    """X @ coef_.T + intercept_."""

    def __init__(self, estimator: Any) -> None:
        self._weights = estimator.coef_.T
        self._intercept = estimator.intercept_

    def __call__(self, matrix: Matrix) -> Matrix:
        total: Matrix = matrix @ self._weights + self._intercept
        return total


class _Scores(_Sum):
    """The decision function: one score for two classes, else one per class."""

    def __call__(self, matrix: Matrix) -> Matrix:
        scores = super().__call__(matrix)
        return scores.reshape(-1) if scores.ndim > 1 and scores.shape[1] == 1 else scores


def _binary(scores: Matrix) -> Matrix:
    from scipy.special import expit  # noqa: PLC0415 - scikit-learn has imported it

    likely = expit(scores)
    return np.stack([1 - likely, likely], axis=1)


def _several(scores: Matrix) -> Matrix:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    share: Matrix = odds / odds.sum(axis=1, keepdims=True)
    return share
