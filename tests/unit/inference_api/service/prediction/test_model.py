"""A model in memory, with one outcome for each row."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from src.errors import RefusedRowError
from src.failure_log import LOGGED
from src.service.flavors.computation import Computation
from src.service.flavors.sklearn.direct.lookup import find_computation
from src.service.prediction.encoders import FrameEncoder
from src.service.prediction.method import MAX_REASON, PredictionError
from src.service.prediction.model import LoadedModel
from src.service.prediction.outputs import agree
from src.service.schema.column import Column
from tests.unit.inference_api.doubles import (
    BAD,
    FEATURES,
    FailingEstimator,
    PickyEstimator,
    computed,
    model_of,
    regression,
)

COLUMNS = (Column("x", "number", "float64"),)


def test_answers_in_order() -> None:
    """Each row gets the estimator's answer, in the order of the rows."""
    found = model_of(regression()).predict([(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
    assert found == pytest.approx([1, 10, 100])


def test_other_method() -> None:
    """The method that MLflow calls is called: `predict_proba` answers with a list."""
    data = np.array([[0.0], [1.0], [2.0], [3.0]])
    model = model_of(LogisticRegression().fit(data, data[:, 0] > 1), COLUMNS, predict_fn="predict_proba")
    (found,) = model.predict([(3.0,)])
    assert isinstance(found, list)
    assert len(found) == 2
    assert sum(found) == pytest.approx(1)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_bad_rows_are_found(bad: list[bool]) -> None:
    """Of a batch that the model refuses only the bad rows are refused, at any position."""
    values = [BAD if is_bad else float(place) for place, is_bad in enumerate(bad)]
    found = model_of(PickyEstimator(), COLUMNS).predict([(value,) for value in values])
    for value, outcome in zip(values, found, strict=True):
        if value == BAD:
            assert isinstance(outcome, RefusedRowError)
            assert outcome.detail == "the model refuses this input: found an unknown category"
        else:
            assert outcome == value * 2


@pytest.mark.parametrize("error", [ValueError("v" * 1000), TypeError("t"), OverflowError("o")])
def test_errors_of_the_client(error: Exception) -> None:
    """Errors about values are the client's: 422 with the model's own reason, truncated."""
    (outcome,) = model_of(FailingEstimator(error), COLUMNS).predict([(1.0,)])
    assert isinstance(outcome, RefusedRowError)
    assert len(outcome.detail) <= MAX_REASON


@pytest.mark.parametrize("error", [RuntimeError("secret"), MemoryError("secret"), KeyError("secret")])
def test_errors_of_the_model(error: Exception) -> None:
    """Other errors are the service's: 500, named by their class without their text."""
    (outcome,) = model_of(FailingEstimator(error), COLUMNS).predict([(1.0,)])
    assert isinstance(outcome, PredictionError)
    assert (outcome.status, outcome.detail) == (500, f"the model failed: {type(error).__name__}; {LOGGED}")


@pytest.mark.filterwarnings(
    "ignore:overflow encountered:RuntimeWarning"
)  # what this is about; only a log line elsewhere
def test_answer_that_is_not_finite() -> None:
    """A prediction that JSON cannot represent is an error for its row only."""
    data = np.array([[0.0], [1.0]])
    model = model_of(LinearRegression().fit(data, data[:, 0] * 1e300), COLUMNS)
    good, bad = model.predict([(1.0,), (1e300,)])
    assert good == pytest.approx(1e300)
    assert isinstance(bad, RefusedRowError)
    assert "finite" in bad.detail


def _mixed_model() -> LoadedModel:
    """A real pipeline with an optional category, an optional integer and an optional boolean."""
    source = np.random.default_rng(1)
    data = pd.DataFrame(
        {
            "colour": pd.Series(
                np.array(["red", "blue", None], dtype="object")[source.integers(0, 3, 60)], dtype="str"
            ),
            "n": np.where(source.random(60) < 0.2, np.nan, source.integers(0, 9, 60)),
            "flag": np.array([True, False, None], dtype="object")[source.integers(0, 3, 60)],
        }
    )
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["colour", "flag"]), (SimpleImputer(), ["n"])
    )
    signature = (
        Column("colour", "string", "str", required=False),
        Column("n", "integer", "int64", required=False),
        Column("flag", "boolean", "bool", required=False),
    )
    estimator = make_pipeline(columns, LinearRegression()).fit(data, source.normal(0, 1, 60))
    return model_of(estimator, signature, encoder=FrameEncoder(signature))


MIXED = _mixed_model()
_CELLS = st.tuples(
    st.sampled_from(["red", "blue", "mauve", None]), st.none() | st.integers(0, 9), st.none() | st.booleans()
)


@settings(max_examples=15)  # up to twelve calls of a real pipeline each
@given(st.lists(_CELLS, min_size=1, max_size=12))
def test_other_rows_change_nothing(rows: list[tuple[Any, ...]]) -> None:
    """Missing values of one row do not change the prediction of another, although they change dtypes."""
    alone = [MIXED.predict([row])[0] for row in rows]
    assert all(isinstance(answer, float) for answer in alone)
    assert MIXED.predict(rows) == pytest.approx(alone)


def _quick(estimator: Any, columns: tuple[Column, ...] = FEATURES, **values: Any) -> LoadedModel:
    """A model whose answers are computed directly."""
    plain = model_of(estimator, columns, **values)
    return computed(plain, find_computation(estimator, plain.bundle.predict_fn))


OPTIONAL = tuple(Column(f"feature{place}", "number", "float64", required=False) for place in range(3))
_DATA = np.random.default_rng(2).normal(0, 3, (80, 3))
_REFUSING = {
    "regression": (regression(), "predict"),
    "labels": (LogisticRegression().fit(_DATA, _DATA[:, 0] > 0), "predict"),
    "probabilities": (LogisticRegression().fit(_DATA, _DATA[:, 0] > 0), "predict_proba"),
    "stages": (GradientBoostingRegressor(n_estimators=4).fit(_DATA, _DATA[:, 0]), "predict"),
    "forest": (RandomForestClassifier(4, random_state=1).fit(_DATA, _DATA[:, 0] > 0), "predict"),
    "histogram": (HistGradientBoostingRegressor(max_iter=4).fit(_DATA, _DATA[:, 0]), "predict"),
}


@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # huge numbers are part of this test
@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@given(
    st.sampled_from(sorted(_REFUSING)),
    st.lists(st.tuples(*[st.none() | st.floats(-9, 9) | st.sampled_from([1e300, -1e39])] * 3), min_size=1, max_size=20),
)
def test_same_outcomes_as_the_estimator(name: str, rows: list[tuple[Any, ...]]) -> None:
    """With and without the computation every row has the same prediction, or the same error."""
    estimator, method = _REFUSING[name]
    plain = model_of(estimator, OPTIONAL, predict_fn=method)
    quick = _quick(estimator, OPTIONAL, predict_fn=method)
    assert (plain.path, quick.path) == ("scikit-learn", "direct")
    for found, wanted in zip(quick.predict(rows), [plain.predict([row])[0] for row in rows], strict=True):
        if isinstance(wanted, RefusedRowError):
            assert isinstance(found, RefusedRowError)
            assert found.detail == wanted.detail
        else:
            assert agree(found, wanted)


def test_computation_that_fails() -> None:
    """When a computation fails, the estimator predicts."""
    estimator = regression()
    failing = computed(model_of(estimator), Computation(FailingEstimator(RuntimeError("broken")).predict))
    assert failing.predict([(1.0, 0.0, 0.0)]) == pytest.approx([1.0])
