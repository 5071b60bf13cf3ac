"""Finding the direct computation of an estimator."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, RobustScaler, StandardScaler

from src.service.flavors.computation import Matrix
from src.service.flavors.sklearn.direct.lookup import find_computation
from tests.unit.inference_api.service.flavors.sklearn.direct.comparison import (
    DATA,
    TARGET,
    TARGETS,
    THREE,
    TWO,
    assert_equal,
    assert_refused_rows_unknown,
    matrices,
    spoilt,
)
from tests.unit.inference_api.service.flavors.sklearn.direct.test_defining_class import Halved

_FITTED: list[tuple[Any, str]] = [
    (LinearRegression().fit(DATA, TARGET), "predict"),
    (make_pipeline(StandardScaler(), Ridge()).fit(DATA, TARGET), "predict"),
    (make_pipeline(MinMaxScaler(), RobustScaler(), LinearRegression()).fit(DATA, TARGETS), "predict"),
    (make_pipeline(StandardScaler(), LogisticRegression()).fit(DATA, THREE), "predict_proba"),
    (make_pipeline(StandardScaler(), RandomForestClassifier(4)).fit(DATA, TWO), "predict"),
    (make_pipeline(StandardScaler(), HistGradientBoostingRegressor(max_iter=4)).fit(DATA, TARGET), "predict"),
    (make_pipeline(make_pipeline(StandardScaler()), Ridge()).fit(DATA, TARGET), "predict"),
    (Pipeline([("none", None), ("same", "passthrough"), ("model", Ridge())]).fit(DATA, TARGET), "predict"),
    (
        GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [1, 2]}, cv=2).fit(DATA, TARGET),
        "predict",
    ),
]
fitted = st.sampled_from(_FITTED)


class OtherPipeline(Pipeline):  # type: ignore[misc] # scikit-learn ships no types
    """Overrides `predict`."""

    def predict(self, X: Any, **params: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """The result plus one."""
        return super().predict(X, **params) + 1


@settings(max_examples=80)
@given(fitted, matrices, st.sampled_from(["float64", "float32", "int64"]))
def test_equal_answers(case: tuple[Any, str], matrix: Matrix, dtype: str) -> None:
    """A pipeline's predictions are computed with all of its steps."""
    assert_equal(find_computation(*case), *case, matrix.astype(dtype))


@settings(max_examples=80)
@given(fitted, spoilt)
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_refused_rows(case: tuple[Any, str], matrix: Matrix) -> None:
    """Rows that any step refuses are left to scikit-learn."""
    assert_refused_rows_unknown(find_computation(*case), *case, matrix)


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_overflow_in_a_transformer() -> None:
    """A row in which a transformer produces an infinite number is left to scikit-learn."""
    data = DATA * 1e-300
    pipeline = make_pipeline(StandardScaler(), StandardScaler(), HistGradientBoostingRegressor(max_iter=2))
    matrix = np.array([[1e300, 0.0, 0.0], [0.0, 0.0, 0.0]])
    assert_refused_rows_unknown(find_computation(pipeline.fit(data, TARGET), "predict"), pipeline, "predict", matrix)


@pytest.mark.parametrize(
    "estimator",
    [
        make_pipeline(PolynomialFeatures(), Ridge()),
        make_pipeline(make_pipeline(PolynomialFeatures()), Ridge()),
        make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(2,), max_iter=2000, tol=1)),
        make_pipeline(StandardScaler(), Halved()),
        OtherPipeline([("model", Ridge())]),
        Halved(),
    ],
)
def test_others_are_not_known(estimator: Any) -> None:
    """With a step that is not known, or is overridden, there is no computation."""
    assert find_computation(estimator.fit(DATA, TARGET), "predict") is None
