"""Direct computations of trees and forests, equal to scikit-learn to the last bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeRegressor

from src.service.flavors.computation import Matrix
from src.service.flavors.sklearn.direct import trees
from src.service.flavors.sklearn.direct.forest import forest
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
    ways,
)

_HOLED = np.where(np.random.default_rng(4).random(DATA.shape) < 0.2, np.nan, DATA)
_FITTED: list[tuple[Any, str]] = [
    (DecisionTreeRegressor().fit(DATA, TARGET), "predict"),
    (ExtraTreeRegressor().fit(DATA, TARGETS), "predict"),
    (DecisionTreeClassifier(max_depth=3).fit(DATA, THREE), "predict"),
    (DecisionTreeClassifier(max_depth=3).fit(DATA, TWO), "predict_proba"),
    (RandomForestRegressor(9).fit(DATA, TARGET), "predict"),
    (RandomForestRegressor(9, criterion="absolute_error").fit(DATA, TARGET), "predict"),
    (RandomForestRegressor(5, max_depth=4).fit(DATA, TARGETS), "predict"),
    (RandomForestRegressor(7).fit(_HOLED, TARGET), "predict"),
    (RandomForestClassifier(10).fit(DATA, TWO), "predict"),
    (RandomForestClassifier(10, max_depth=2).fit(DATA, THREE), "predict"),
    (RandomForestClassifier(10, max_depth=2, class_weight="balanced").fit(DATA, THREE), "predict_proba"),
    (RandomForestClassifier(3).fit(DATA, ["only"] * len(DATA)), "predict"),
    (ExtraTreesRegressor(6).fit(DATA, TARGET), "predict"),
    (ExtraTreesClassifier(6).fit(DATA, TWO), "predict_proba"),
]
fitted = st.sampled_from(_FITTED)


class Halved(RandomForestRegressor):  # type: ignore[misc] # scikit-learn ships no types
    """Overrides `predict`."""

    def predict(self, X: Any) -> Any:  # noqa: N803 - scikit-learn's name
        """Half of the result."""
        return super().predict(X) / 2


class HalvedTree(DecisionTreeRegressor):  # type: ignore[misc] # scikit-learn ships no types
    """Overrides the method that a forest calls."""

    def predict(self, X: Any, check_input: bool = True) -> Any:  # noqa: FBT001, FBT002, N803 - scikit-learn's signature
        """Half of the result."""
        return super().predict(X, check_input) / 2


def with_other_trees() -> RandomForestRegressor:
    """A forest with a tree that has its own `predict`."""
    forest_ = RandomForestRegressor(3).fit(DATA, TARGET)
    forest_.estimators_[1] = HalvedTree().fit(DATA, TARGET)
    return forest_


@settings(max_examples=60)  # scikit-learn takes milliseconds for each
@given(fitted, matrices, st.sampled_from(["float64", "float32", "int64"]))
def test_equal_answers(case: tuple[Any, str], matrix: Matrix, dtype: str) -> None:
    """Every bit of the predictions is the estimator's, for any rows, precision and batch size."""
    estimator, method = case
    for computation in ways(forest(*case)):
        assert_equal(computation, *case, matrix.astype(dtype))
        np.testing.assert_array_equal(computation(matrix)[0], getattr(estimator, method)(matrix))


@settings(max_examples=60)
@given(fitted, spoilt)
def test_refused_rows(case: tuple[Any, str], matrix: Matrix) -> None:
    """Rows that scikit-learn refuses are left to it."""
    for computation in ways(forest(*case)):
        assert_refused_rows_unknown(computation, *case, matrix)


def test_missing_values() -> None:
    """Trees that support missing values compute rows with missing values directly."""
    estimator = RandomForestRegressor(7).fit(_HOLED, TARGET)
    for computation in ways(forest(estimator, "predict")):
        assert_equal(computation, estimator, "predict", _HOLED)


def test_number_beyond_single_precision() -> None:
    """A number too large for single precision is left to scikit-learn, which refuses it; nothing is logged."""
    estimator = RandomForestRegressor(3).fit(DATA, TARGET)
    for computation in ways(forest(estimator, "predict")):
        found, unknown = computation(np.array([[1e39, 1.0, 1.0], [1.0, 1.0, 1.0]]))
        assert list(unknown) == [0]
        assert found[1] == estimator.predict([[1.0, 1.0, 1.0]])[0]


def test_many_rows() -> None:
    """A thousand rows are as equal as one."""
    estimator = RandomForestClassifier(20, max_depth=5).fit(DATA, THREE)
    for computation in ways(forest(estimator, "predict_proba")):
        assert_equal(computation, estimator, "predict_proba", np.tile(DATA, (10, 1)) * 1.01)


def test_trees_without_a_comparison() -> None:
    """A forest of constant trees is computed in both ways."""
    estimator = RandomForestRegressor(3).fit(DATA, np.ones(len(DATA)))
    for computation in ways(forest(estimator, "predict")):
        assert_equal(computation, estimator, "predict", DATA)


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forest that would take too much memory twice has no computation."""
    estimator = RandomForestRegressor(3).fit(DATA, TARGET)
    monkeypatch.setattr(trees, "MAX_NODES", 100)
    assert forest(estimator, "predict") is None


@pytest.mark.parametrize(
    ("estimator", "method"),
    [
        (Halved(3).fit(DATA, TARGET), "predict"),
        (with_other_trees(), "predict"),
        (RandomForestClassifier(3).fit(DATA, np.column_stack([TWO, TWO])), "predict"),
        (RandomForestClassifier(3).fit(DATA, TWO), "predict_log_proba"),
        (RandomForestRegressor(3).fit(DATA, TARGET), "apply"),
        ("text", "predict"),
    ],
)
def test_others_are_not_known(estimator: Any, method: str) -> None:
    """A forest or a tree with its own `predict`, several labels a row and other methods have no computation."""
    assert forest(estimator, method) is None
