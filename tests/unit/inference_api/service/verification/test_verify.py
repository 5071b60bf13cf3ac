"""Verification that a model predicts what `mlflow.pyfunc` and the trainer did."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier, VotingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from src.errors import ModelRefusedError
from src.service.flavors.sklearn.flavor import SklearnFlavor
from src.service.flavors.sklearn.sub_estimators import sub_estimators
from src.service.prediction.encoders import Encoder
from src.service.registry.bundle import Bundle, Check
from src.service.schema.column import Column
from src.service.schema.signature import text_signature
from src.service.schema.validator import Schema
from src.service.verification.verify import verify_model
from tests.unit.inference_api.doubles import (
    EXAMPLE,
    CentringEstimator,
    FailingEstimator,
    bundle_of,
    checked_bundle,
    regression,
)

SOURCE = np.random.default_rng(11)
NUMBERS = pd.DataFrame(SOURCE.normal(5, 3, (40, 3)), columns=["class", "año", "a b"])
TARGET = NUMBERS.sum(axis=1)
LABELS = TARGET.mean() < TARGET
MIXED = NUMBERS.assign(colour=pd.Series(["red", "blue"] * 20, dtype="object"))


class OneRowEstimator:
    """Answers one row only."""

    def predict(self, data: Any) -> Any:
        """The first value of the only row."""
        return (
            [float(np.asarray(data).item(0))] if len(data) == 1 else FailingEstimator(ValueError("one")).predict(data)
        )


class FrameReader:
    """Predicts something else when it gets no DataFrame."""

    def predict(self, data: Any) -> Any:
        """The first column of a DataFrame, else zeros."""
        return data.iloc[:, 0].to_numpy() if isinstance(data, pd.DataFrame) else np.zeros(len(data))


def verify(bundle: Bundle, estimator: Any) -> Encoder:
    """The encoder that was chosen."""
    path = verify_model(SklearnFlavor(), bundle, Schema(bundle.columns, bundle.example), estimator)
    assert 0 < path.seconds_per_call < float("inf")
    return path.method.encoder


NUMERIC = {
    "regression": (LinearRegression(), TARGET),
    "pipeline": (make_pipeline(StandardScaler(), Ridge()), TARGET),
    "passthrough": (Pipeline([("nothing", "passthrough"), ("model", Ridge())]), TARGET),
    "nested": (make_pipeline(make_pipeline(StandardScaler()), Ridge()), TARGET),
    "search": (GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [1, 2]}, cv=2), TARGET),
    "voting": (VotingRegressor([("one", LinearRegression()), ("two", Ridge())]), TARGET),
    "target": (TransformedTargetRegressor(Ridge(), transformer=StandardScaler()), TARGET),
    "several outputs": (MultiOutputRegressor(Ridge()), NUMBERS),
    "calibrated": (CalibratedClassifierCV(LogisticRegression(), cv=2), LABELS),
    "forest": (RandomForestClassifier(3), LABELS.map({True: "yes", False: "no"})),
    "boosting": (HistGradientBoostingRegressor(max_iter=3), TARGET),
}


@pytest.mark.parametrize("name", NUMERIC)
def test_numbers_take_the_matrix(name: str) -> None:
    """A model of numbers gets an array, although it was fitted with names, without a warning about names."""
    estimator, target = NUMERIC[name]
    estimator.fit(NUMBERS, target)
    encoder = verify(checked_bundle(estimator, NUMBERS), estimator)
    assert encoder.path == "matrix"
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        estimator.predict(encoder.encode([(1.0, 2.0, 3.0)] * 3))
    assert [str(warning.message) for warning in said] == []


def test_columns_by_name_take_the_frame() -> None:
    """A model that selects columns by name gets a DataFrame, and its names are restored."""
    columns = make_column_transformer((OneHotEncoder(), ["colour"]), ("passthrough", list(NUMBERS)))
    estimator = make_pipeline(columns, LinearRegression()).fit(MIXED, TARGET)
    assert verify(checked_bundle(estimator, MIXED), estimator).path == "frame"
    assert list(estimator.feature_names_in_) == list(MIXED)


def test_numbers_by_name_take_the_frame() -> None:
    """Selecting by name needs a DataFrame also for numbers; the attempt with an array changes nothing."""
    columns = make_column_transformer((StandardScaler(), ["año"]), ("passthrough", ["class", "a b"]))
    estimator = make_pipeline(columns, LinearRegression()).fit(NUMBERS, TARGET)
    named = {id(part) for part in sub_estimators(estimator) if "feature_names_in_" in vars(part)}
    assert verify(checked_bundle(estimator, NUMBERS), estimator).path == "frame"
    assert {id(part) for part in sub_estimators(estimator) if "feature_names_in_" in vars(part)} == named
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimator.predict(NUMBERS)


def test_columns_by_position_take_the_matrix() -> None:
    """Selecting by place needs no names."""
    columns = make_column_transformer((StandardScaler(), [1]), ("passthrough", [0, 2]))
    estimator = make_pipeline(columns, LinearRegression()).fit(NUMBERS.to_numpy(), TARGET)
    data = NUMBERS.set_axis(["feature1", "feature2", "feature3"], axis=1)
    bundle = replace(checked_bundle(make_pipeline(columns, LinearRegression()).fit(data, TARGET), data), named=False)
    assert verify(bundle, estimator).path == "matrix"


def test_different_answers_take_the_frame() -> None:
    """An array that leads to other predictions than MLflow's is not used."""
    assert verify(checked_bundle(FrameReader(), NUMBERS), FrameReader()).path == "frame"


def test_single_precision_is_no_dependence() -> None:
    """In single precision a batch differs in the last digits: this is rounding, not dependence on other rows."""
    data = pd.DataFrame(SOURCE.normal(5, 3, (40, 30)).astype("float32")).set_axis(
        [f"c{place}" for place in range(30)], axis=1
    )
    for estimator in (
        LinearRegression(),
        make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(8,), max_iter=5)),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # five rounds do not converge, nor do they have to
            estimator.fit(data, data.sum(axis=1))
        assert verify(checked_bundle(estimator, data, 30), estimator).path == "matrix"


def test_other_answers_than_pyfunc_are_refused() -> None:
    """A model that answers otherwise than `mlflow.pyfunc` did never serves; the reason shows both."""
    bundle = bundle_of(checks=(Check(EXAMPLE, 5.0),))
    with pytest.raises(ModelRefusedError, match=r"the model answers 106\.\d+, mlflow\.pyfunc answers 5\.0"):
        verify(bundle, regression())


def test_small_difference_from_pyfunc_is_refused() -> None:
    """For a single row the tolerance is small."""
    answer = float(regression().predict([list(EXAMPLE.values())])[0])
    verify(bundle_of(checks=(Check(EXAMPLE, answer),)), regression())
    with pytest.raises(ModelRefusedError):
        verify(bundle_of(checks=(Check(EXAMPLE, answer * (1 + 1e-7)),)), regression())


def test_other_answers_than_the_trainers_are_refused() -> None:
    """A model that answers otherwise than its trainer logged never serves: other libraries, or another model."""
    bundle = bundle_of(logged=(Check(EXAMPLE, 5.0),))
    with pytest.raises(ModelRefusedError, match=r"the model answers 106\.\d+, the trainer logged 5\.0"):
        verify(bundle, regression())


def test_trainers_rounding_is_accepted() -> None:
    """The trainer predicted its rows together, perhaps in single precision and on another processor."""
    answer = float(regression().predict([list(EXAMPLE.values())])[0])
    assert verify(bundle_of(logged=(Check(EXAMPLE, answer * (1 + 1e-7)),)), regression()).path == "matrix"


def test_dependence_on_other_rows_is_refused() -> None:
    """A model whose prediction for a row depends on other rows cannot be batched and is refused."""
    bundle = checked_bundle(CentringEstimator(), NUMBERS)
    assert {check.answer for check in bundle.checks} == {0.0}
    with pytest.raises(ModelRefusedError, match="depend on the rows that are predicted together"):
        verify(bundle, CentringEstimator())


def test_model_of_single_rows_is_refused() -> None:
    """A model that fails on several rows at once is refused with its own reason."""
    bundle = checked_bundle(OneRowEstimator(), NUMBERS)
    with pytest.raises(ModelRefusedError, match="fails on several rows at once: ValueError: one"):
        verify(bundle, OneRowEstimator())


def test_failing_model_is_refused() -> None:
    """A model that fails where pyfunc answered is refused with its own reason, truncated."""
    bundle = bundle_of(checks=(Check(EXAMPLE, 5.0),))
    with pytest.raises(ModelRefusedError, match="the model raises RuntimeError: no such file") as caught:
        verify(bundle, FailingEstimator(RuntimeError("no such file" + "x" * 5000)))
    assert len(caught.value.detail) <= 300


def test_without_any_check() -> None:
    """A model without expected predictions is refused, because they cannot be verified."""
    for estimator in (regression(), FailingEstimator(ValueError())):
        with pytest.raises(ModelRefusedError, match=r"no answer of mlflow\.pyfunc is known for this version"):
            verify(bundle_of(), estimator)


MISSING = pd.DataFrame({"colour": pd.Series(["red", "blue", None] * 10, dtype="object"), "x": np.arange(30.0)})


@pytest.mark.parametrize("mark", [None, np.nan])
def test_marker_of_missing_values(mark: Any) -> None:
    """A missing value is the None or the NaN that the model was fitted with."""
    data = MISSING.assign(colour=MISSING["colour"].where(MISSING["colour"].notna(), mark))
    columns = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["colour"]), ("passthrough", ["x"]))
    target = data["x"] + pd.Series([0.0, 100.0, 5000.0] * 10)
    estimator = make_pipeline(columns, LinearRegression()).fit(data, target)
    found = (Column("colour", "string", "str", required=False), Column("x", "number", "float64"))
    rows: list[dict[str, Any]] = [{"colour": "red", "x": 0.0}, {"colour": "blue", "x": 1.0}, {"colour": None, "x": 2.0}]
    checks = tuple(Check(row, float(estimator.predict(data.iloc[[place]])[0])) for place, row in enumerate(rows))
    encoder = verify(bundle_of(found, named=True, example=checks[0].row, checks=checks), estimator)
    assert estimator.predict(encoder.encode([(None, 7.0)]))[0] == pytest.approx(5007.0)


def test_texts_in_a_sequence() -> None:
    """A model of texts gets a sequence of them."""
    texts = ["hola mundo", "buen día", "mal día", "adiós mundo"] * 5
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, [0, 1, 2, 3] * 5)
    (column,) = text_signature().columns
    checks = tuple(Check({"text": text}, place) for place, text in enumerate(texts[:4]))
    assert (
        verify(bundle_of((column,), example=checks[0].row, checks=checks, sequence=True), estimator).path == "sequence"
    )
