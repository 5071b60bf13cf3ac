"""Direct computation of histogram gradient boosting, equal to scikit-learn to the last bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from src.service.flavors.computation import Matrix
from src.service.flavors.sklearn.direct import histogram_boosting as module
from src.service.flavors.sklearn.direct.histogram_boosting import histogram_boosting
from tests.unit.inference_api.service.flavors.sklearn.direct.comparison import (
    DATA,
    TARGET,
    THREE,
    TWO,
    Case,
    assert_equal,
    assert_refused_rows_unknown,
    matrices,
    spoilt,
    ways,
)

_HOLED = np.where(np.random.default_rng(4).random(DATA.shape) < 0.2, np.nan, DATA)
_CASES = [
    Case(HistGradientBoostingRegressor(max_iter=8), TARGET),
    Case(HistGradientBoostingRegressor(max_iter=8), TARGET, data=_HOLED),
    Case(HistGradientBoostingRegressor(max_iter=8, loss="poisson"), np.abs(TARGET)),
    *[
        Case(HistGradientBoostingClassifier(max_iter=5), labels, method)
        for labels in (TWO, THREE)
        for method in ("predict", "predict_proba")
    ],
]
fitted = st.sampled_from(_CASES).map(lambda case: case.fitted)


class Halved(HistGradientBoostingRegressor):  # type: ignore[misc] # scikit-learn ships no types
    """Overrides `predict`."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """Half of the result."""
        return super().predict(X) / 2


@settings(max_examples=60)
@given(fitted, matrices, st.sampled_from(["float64", "float32", "int64"]))
def test_equal_answers(case: tuple[Any, str], matrix: Matrix, dtype: str) -> None:
    """Every bit of the predictions is the estimator's, for any rows, precision and batch size."""
    estimator, method = case
    for computation in ways(histogram_boosting(*case)):
        assert_equal(computation, *case, matrix.astype(dtype))
        np.testing.assert_array_equal(computation(matrix)[0], getattr(estimator, method)(matrix))


@settings(max_examples=60)
@given(fitted, spoilt)
def test_refused_rows(case: tuple[Any, str], matrix: Matrix) -> None:
    """A row with a value that is not finite does not change other rows."""
    for computation in ways(histogram_boosting(*case)):
        assert_refused_rows_unknown(computation, *case, matrix)


@pytest.mark.parametrize("case", _CASES)
def test_many_rows(case: Case) -> None:
    """Some hundred rows have equal predictions, also with a value that is not finite."""
    estimator, method = case.fitted
    matrix = np.tile(_HOLED, (2, 1))
    wanted = getattr(estimator, method)(matrix)
    spoilt_matrix = matrix.copy()
    spoilt_matrix[3, 0] = np.inf
    for computation in ways(histogram_boosting(estimator, method)):
        assert_equal(computation, estimator, method, matrix)
        np.testing.assert_array_equal(computation(matrix)[0], wanted)
        assert list(computation(spoilt_matrix)[1]) == [3]


def test_missing_values() -> None:
    """Trees that support missing values compute rows with missing values directly."""
    case = _CASES[1].fitted
    for computation in ways(histogram_boosting(*case)):
        assert_equal(computation, *case, _HOLED)


def test_estimator_is_left_as_it_was() -> None:
    """The computation works on copies."""
    estimator = HistGradientBoostingRegressor(max_iter=3).fit(DATA, TARGET)
    before = estimator.predict(DATA)
    histogram_boosting(estimator, "predict")
    np.testing.assert_array_equal(estimator.predict(DATA), before)


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees that would take too much memory twice have no computation."""
    monkeypatch.setattr(module, "MAX_NODES", 10)
    assert histogram_boosting(*_CASES[0].fitted) is None


@pytest.mark.parametrize(
    "case",
    [
        Case(Halved(max_iter=2), TARGET),
        Case(
            HistGradientBoostingRegressor(max_iter=2, categorical_features=[0]),
            TARGET,
            data=np.abs(DATA).astype(int),
        ),
        Case(HistGradientBoostingClassifier(max_iter=2), TWO, "decision_function"),
        Case(HistGradientBoostingRegressor(max_iter=2), TARGET, "score"),
    ],
)
def test_others_are_not_known(case: Case) -> None:
    """A subclass with its own `predict`, categories, and other methods have no computation."""
    assert histogram_boosting(*case.fitted) is None


def test_what_is_no_estimator_is_not_known() -> None:
    """Anything else has no computation."""
    assert histogram_boosting("text", "predict") is None
