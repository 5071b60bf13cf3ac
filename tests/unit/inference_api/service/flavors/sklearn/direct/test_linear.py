"""Direct computation of linear models, equal to scikit-learn."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Perceptron,
    PoissonRegressor,
    RANSACRegressor,
    Ridge,
    RidgeClassifier,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.svm import LinearSVC, LinearSVR

from src.service.flavors.computation import Matrix
from src.service.flavors.sklearn.direct.linear import linear
from tests.unit.inference_api.service.flavors.sklearn.direct.comparison import (
    DATA,
    TARGET,
    TARGETS,
    THREE,
    TWO,
    Case,
    assert_equal,
    assert_refused_rows_unknown,
    matrices,
    spoilt,
)
from tests.unit.inference_api.service.flavors.sklearn.direct.test_defining_class import Halved

pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning"
)  # the quality of the fit does not matter here
_SCALED = (DATA - 5) / 3
_CASES = [
    *[
        Case(estimator, TARGET)
        for estimator in (
            LinearRegression(), LinearRegression(fit_intercept=False), Ridge(), RidgeCV(), Lasso(), ElasticNet(),
            BayesianRidge(), ARDRegression(), HuberRegressor(max_iter=1000),
        )
    ],
    *[Case(estimator, TARGETS) for estimator in (LinearRegression(), Ridge(), Lasso())],
    *[Case(estimator, TARGET, data=_SCALED) for estimator in (SGDRegressor(), LinearSVR(max_iter=100_000))],
    *[
        Case(estimator, labels, method, data=_SCALED)
        for labels in (TWO, THREE)
        for estimator, methods in (
            (LogisticRegression(), ("predict", "predict_proba")),
            (SGDClassifier(), ("predict",)),
            (LinearSVC(max_iter=100_000), ("predict",)),
        )
        for method in methods
    ],
]  # fmt: skip
fitted = st.sampled_from(_CASES).map(lambda case: case.fitted)


@given(fitted, matrices)
def test_equal_answers(case: tuple[Any, str], matrix: Matrix) -> None:
    """The predictions are the estimator's for any rows and batch size."""
    assert_equal(linear(*case), *case, matrix)


@given(fitted, matrices)
def test_equal_in_single_precision(case: tuple[Any, str], matrix: Matrix) -> None:
    """A matrix of floats gives what the estimator gives for it."""
    assert_equal(linear(*case), *case, matrix.astype("float32"))


@given(fitted, matrices)
def test_equal_for_integers(case: tuple[Any, str], matrix: Matrix) -> None:
    """The same is true for a matrix of integers."""
    assert_equal(linear(*case), *case, matrix.astype("int64"))


@given(fitted, spoilt)
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_refused_rows(case: tuple[Any, str], matrix: Matrix) -> None:
    """Rows that scikit-learn refuses are left to it."""
    assert_refused_rows_unknown(linear(*case), *case, matrix)


@pytest.mark.parametrize(
    ("estimator", "method"),
    [
        (Halved().fit(DATA, TARGET), "predict"),
        (PoissonRegressor().fit(DATA, np.abs(TARGET)), "predict"),
        (RANSACRegressor().fit(DATA, TARGET), "predict"),
        (RidgeClassifier().fit(DATA, np.column_stack([TWO == "yes", THREE == 10])), "predict"),
        (LogisticRegression().fit(DATA, TWO), "predict_log_proba"),
        (LogisticRegression().fit(DATA, TWO), "decision_function"),
        (LinearRegression().fit(DATA, TARGET), "fit"),
        ("text", "predict"),
    ],
)
def test_others_are_not_known(estimator: Any, method: str) -> None:
    """A subclass with its own `predict`, and models that are not a linear sum, have no computation."""
    assert linear(estimator, method) is None


def test_inherited_methods() -> None:
    """A class that inherits both methods has the computation."""
    for estimator in (
        LogisticRegressionCV(cv=2, scoring="accuracy", l1_ratios=(0,), use_legacy_attributes=False),
        Perceptron(),
    ):
        assert_equal(linear(estimator.fit(_SCALED, THREE), "predict"), estimator, "predict", DATA)
