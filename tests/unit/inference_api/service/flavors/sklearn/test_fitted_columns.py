"""What a fitted estimator shows about its columns."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, StackingRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from src.service.flavors.interface import FittedColumn, FittedInput
from src.service.flavors.sklearn.fitted_columns import find_fitted_columns, fitted_input

DATA = pd.DataFrame(
    {
        "x": [1.5, np.nan, 2.5] * 10,
        "colour": pd.Series(["red", "blue", None] * 10, dtype="object"),
        "texto": ["hola mundo", "buen día", "mal día"] * 10,
    }
)
TARGET = np.arange(30.0)
COLUMNS = make_column_transformer(
    (CountVectorizer(), "texto"),
    (OneHotEncoder(), ["colour"]),
    (make_pipeline(SimpleImputer(), StandardScaler()), ["x"]),
)


def test_each_column_is_inspected() -> None:
    """The transformers' columns are found whatever their order: values, kinds and marks of missing values."""
    found = find_fitted_columns(make_pipeline(COLUMNS, Ridge()).fit(DATA, TARGET), 3)
    assert found == [
        FittedColumn([], [], ["nan"], 3),
        FittedColumn(["string"], ["blue", "red"], ["none"], 2),
        FittedColumn(["string"], ["buen día hola mal mundo"], [], 1),
    ]


def test_inside_an_ensemble() -> None:
    """Estimators inside an ensemble are inspected, without the final one of a stack."""
    data = DATA[["colour"]].dropna()
    stack = StackingRegressor([("one", make_pipeline(OneHotEncoder(), Ridge()))], LinearRegression(), cv=2)
    assert find_fitted_columns(stack.fit(data, TARGET[:20]), 1) == [FittedColumn(["string"], ["blue", "red"])]


def test_encoder_after_an_imputer() -> None:
    """An imputer keeps the order of columns, so that the encoder after it shows the same ones."""
    data = DATA[["colour"]]
    filled = SimpleImputer(missing_values=None, strategy="constant", fill_value="none")
    found = find_fitted_columns(make_pipeline(filled, OneHotEncoder(), Ridge()).fit(data, TARGET), 1)
    assert found == [FittedColumn(["string"], ["blue", "none", "red"], ["none"])]


def test_native_categories() -> None:
    """The encoder inside gradient boosting shows its categories."""
    data = DATA[["x"]].assign(colour=DATA["colour"].astype("category"))
    found = find_fitted_columns(HistGradientBoostingRegressor(max_iter=2).fit(data, TARGET), 2)
    assert [column.kinds for column in found] == [[], ["string"]]


@pytest.mark.parametrize("imputer", [SimpleImputer(), KNNImputer()])
def test_numbers_that_are_filled_in(imputer: SimpleImputer) -> None:
    """An imputer of numbers shows its marker and no kind."""
    found = find_fitted_columns(make_pipeline(imputer, Ridge()).fit(DATA[["x"]], TARGET), 1)
    assert found == [FittedColumn(markers=["nan"])]


def test_nothing_is_known() -> None:
    """A regression alone shows only the number of its columns."""
    estimator = LinearRegression().fit(np.ones((3, 2)), [1, 2, 3])
    assert fitted_input(estimator) == FittedInput(None, 2, texts=False)
    assert find_fitted_columns(estimator, 2) == [FittedColumn(), FittedColumn()]
    assert fitted_input(object()) == FittedInput(None, 0, texts=False)
