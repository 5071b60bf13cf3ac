"""Direct computation of gradient boosting, equal to scikit-learn."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from src.service.flavors.computation import Matrix
from src.service.flavors.sklearn.direct.gradient_boosting import gradient_boosting
from tests.unit.inference_api.service.flavors.sklearn.direct.comparison import (
    DATA,
    TARGET,
    THREE,
    TWO,
    assert_equal,
    assert_refused_rows_unknown,
    matrices,
    spoilt,
)

_FITTED: list[tuple[Any, str]] = [
    (GradientBoostingRegressor(n_estimators=8).fit(DATA, TARGET), "predict"),
    (GradientBoostingRegressor(n_estimators=8, loss="huber", init="zero").fit(DATA, TARGET), "predict"),
    *[
        (estimator.fit(DATA, labels), method)
        for estimator, labels in (
            (GradientBoostingClassifier(n_estimators=5), TWO),
            (GradientBoostingClassifier(n_estimators=5), THREE),
            (GradientBoostingClassifier(n_estimators=5, loss="exponential"), TWO),
        )
        for method in ("predict", "predict_proba")
    ],
]
fitted = st.sampled_from(_FITTED)


class Halved(GradientBoostingRegressor):  # type: ignore[misc] # scikit-learn ships no types
    """Overrides `predict`."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """Half of the result."""
        return super().predict(X) / 2


@settings(max_examples=60)
@given(fitted, matrices, st.sampled_from(["float64", "float32", "int64"]))
def test_equal_answers(case: tuple[Any, str], matrix: Matrix, dtype: str) -> None:
    """The predictions are the estimator's for any rows, precision and batch size."""
    assert_equal(gradient_boosting(*case), *case, matrix.astype(dtype))


@settings(max_examples=60)
@given(fitted, spoilt)
def test_refused_rows(case: tuple[Any, str], matrix: Matrix) -> None:
    """Rows that scikit-learn refuses are left to it."""
    assert_refused_rows_unknown(gradient_boosting(*case), *case, matrix)


def test_another_number_of_columns_is_an_error() -> None:
    """scikit-learn's compiled function does not check the number of columns; the computation does."""
    computation = gradient_boosting(*_FITTED[0])
    assert computation is not None
    with pytest.raises(ValueError, match="number of columns"):
        computation(np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("estimator", "method"),
    [
        (Halved(n_estimators=2).fit(DATA, TARGET), "predict"),
        (GradientBoostingRegressor(n_estimators=2, init=LinearRegression()).fit(DATA, TARGET), "predict"),
        (GradientBoostingRegressor(n_estimators=2).fit(DATA, TARGET), "apply"),
        (GradientBoostingClassifier(n_estimators=2).fit(DATA, TWO), "predict_log_proba"),
        ("text", "predict"),
    ],
)
def test_others_are_not_known(estimator: Any, method: str) -> None:
    """A subclass with its own `predict`, a model as initial prediction, and other methods have no computation."""
    assert gradient_boosting(estimator, method) is None
