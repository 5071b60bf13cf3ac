"""The matrix of a ColumnTransformer computed from rows gives the same predictions as the pipeline."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from src.errors import RefusedRowError
from src.service.flavors.sklearn.direct.lookup import find_computation
from src.service.prediction.encoders import FrameEncoder
from src.service.prediction.model import LoadedModel
from src.service.prediction.outputs import agree
from src.service.schema.column import Column
from tests.unit.inference_api.doubles import computed, model_of

_SOURCE = np.random.default_rng(6)
_ROWS = 90
COLUMNS = (
    Column("size", "number", "float64", required=False),
    Column("colour", "string", "str", required=False),
    Column("count", "integer", "int64"),
    Column("flag", "boolean", "bool", required=False),
    Column("weight", "number", "float64", required=False),
)
DATA = pd.DataFrame(
    {
        "size": np.where(_SOURCE.random(_ROWS) < 0.2, np.nan, _SOURCE.normal(0, 3, _ROWS)),
        "colour": pd.Series(_SOURCE.choice(["red", "blue", "green"], _ROWS), dtype="str"),
        "count": _SOURCE.integers(0, 4, _ROWS),
        "flag": _SOURCE.random(_ROWS) < 0.5,
        "weight": _SOURCE.normal(50, 9, _ROWS),
    }
)
TARGET = DATA["weight"] + 9 * (DATA["colour"] == "red") - 3 * DATA["flag"]
LIKELY = TARGET.mean() < TARGET


def _trainers(model: Any, *scale: Any) -> Pipeline:
    """The pipeline that the trainer builds for such a table."""
    numbers = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    categories = OneHotEncoder(
        categories=[["blue", "green", "red"], [False, True]], handle_unknown="ignore", sparse_output=False
    )
    parts = [("numbers", numbers, ["size", "count", "weight"]), ("categories", categories, ["colour", "flag"])]
    return make_pipeline(ColumnTransformer(parts), *scale, model)


_FITTED: dict[str, tuple[Any, str]] = {
    "trainer's regression": (_trainers(LinearRegression()).fit(DATA, TARGET), "predict"),
    "trainer's labels": (_trainers(LogisticRegression(max_iter=1000), StandardScaler()).fit(DATA, LIKELY), "predict"),
    "trainer's shares": (
        _trainers(LogisticRegression(max_iter=1000), StandardScaler()).fit(DATA, LIKELY),
        "predict_proba",
    ),
    "sparse, strict, remainder": (
        make_pipeline(
            make_column_transformer(
                (make_pipeline(SimpleImputer(), StandardScaler()), ["weight", "size"]),
                (OneHotEncoder(), ["colour", "count"]),
                ("drop", ["flag"]),
                remainder="passthrough",
            ),
            Ridge(),
        ).fit(DATA, TARGET),
        "predict",
    ),
    "forest": (
        make_pipeline(
            make_column_transformer(
                ("passthrough", ["size", "weight"]), (OneHotEncoder(handle_unknown="ignore"), ["colour"])
            ),
            RandomForestRegressor(4, random_state=1),
        ).fit(DATA, TARGET),
        "predict",
    ),
}
_CELLS = st.tuples(
    st.none() | st.floats(-9, 9),
    st.sampled_from(["red", "blue", "green", "mauve", "", None]),
    st.integers(-1, 5),
    st.none() | st.booleans(),
    st.none() | st.floats(0, 99),
)


def _models(name: str) -> tuple[LoadedModel, LoadedModel]:
    estimator, method = _FITTED[name]
    plain = model_of(estimator, COLUMNS, encoder=FrameEncoder(COLUMNS), predict_fn=method)
    return plain, computed(plain, find_computation(estimator, method, COLUMNS))


@settings(max_examples=40)  # a pipeline takes scikit-learn and pandas milliseconds a row
@pytest.mark.filterwarnings("ignore:Found unknown categories:UserWarning")
@given(st.sampled_from(sorted(_FITTED)), st.lists(_CELLS, min_size=1, max_size=6))
def test_same_outcomes_as_the_estimator(name: str, rows: list[tuple[Any, ...]]) -> None:
    """Every row, with missing and unknown values, has the prediction or the error of pandas and scikit-learn."""
    plain, quick = _models(name)
    assert quick.path == "direct"
    for found, wanted in zip(quick.predict(rows), [plain.predict([row])[0] for row in rows], strict=True):
        if isinstance(wanted, RefusedRowError):
            assert isinstance(found, RefusedRowError)
            assert found.detail == wanted.detail
        else:
            assert agree(found, wanted)


@pytest.mark.parametrize("name", _FITTED)
def test_complete_rows_are_computed_directly(name: str) -> None:
    """Rows of known values are predicted without the estimator."""
    computation = _models(name)[1].method.computation
    assert computation is not None
    assert computation.extract is not None
    rows = [(1.0, "red", 2, True, 50.0), (-1.0, "blue", 0, False, 40.0)]
    matrix, left = computation.extract(rows)
    assert (len(matrix), left) == (2, [])


def test_columns_are_found_by_name() -> None:
    """The signature may have another order of columns than the training data, and unused columns."""
    estimator, method = _FITTED["forest"]
    rows = [(1.0, "red", 2, True, 50.0)]
    turned = tuple(reversed(COLUMNS))
    computation = find_computation(estimator, method, turned)
    wanted = find_computation(estimator, method, COLUMNS)
    assert computation is not None
    assert computation.extract is not None
    assert wanted is not None
    assert wanted.extract is not None
    np.testing.assert_array_equal(
        computation.extract([tuple(reversed(row)) for row in rows])[0], wanted.extract(rows)[0]
    )


def _over(*parts: Any) -> Any:
    return make_pipeline(make_column_transformer(*parts), Ridge()).fit(DATA, TARGET)


@pytest.mark.parametrize(
    "estimator",
    [
        _over((OneHotEncoder(drop="first"), ["colour"])),
        _over((OneHotEncoder(min_frequency=0.1), ["colour"])),
        _over((OneHotEncoder(), ["weight"])),
        _over((FunctionTransformer(np.abs), ["weight"])),
        _over((SimpleImputer(strategy="most_frequent"), ["weight"])),
        make_pipeline(
            ColumnTransformer([("numbers", "passthrough", ["weight"])], transformer_weights={"numbers": 2}), Ridge()
        ).fit(DATA, TARGET),
        make_pipeline(StandardScaler(), make_pipeline(make_column_transformer(("passthrough", [0])), Ridge())).fit(
            DATA[["count", "weight"]], TARGET
        ),
    ],
)
def test_others_are_not_known(estimator: Any) -> None:
    """With a transformer that is not known there is no computation."""
    assert find_computation(estimator, "predict", COLUMNS) is None
