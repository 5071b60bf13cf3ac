"""Direct computation of imputers, equal to scikit-learn."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.impute import KNNImputer, SimpleImputer

from src.service.flavors.sklearn.direct.imputing import imputing
from tests.unit.inference_api.service.flavors.sklearn.direct.comparison import DATA

_HOLED = np.where(np.random.default_rng(4).random(DATA.shape) < 0.2, np.nan, DATA)
_EMPTY = np.column_stack([_HOLED[:, :2], np.full(len(DATA), np.nan)])
KNOWN = [
    SimpleImputer().fit(_HOLED),
    SimpleImputer(strategy="median", add_indicator=True).fit(_HOLED),
    SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True).fit(_EMPTY),
    SimpleImputer(add_indicator=True).fit(DATA),
]


@given(
    st.sampled_from(KNOWN),
    st.lists(st.tuples(*[st.floats(-1e6, 1e6) | st.just(np.nan)] * 3), min_size=1, max_size=9),
    st.sampled_from(["float64", "float32"]),
)
def test_equal_numbers(imputer: Any, rows: list[tuple[float, ...]], dtype: str) -> None:
    """Missing values are filled in and indicated as by the imputer."""
    matrix = np.array(rows, dtype=dtype)
    before = matrix.copy()
    step = imputing(imputer)
    assert step is not None
    found, wanted = step(matrix), imputer.transform(matrix)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(matrix, before)


@pytest.mark.filterwarnings("ignore:Skipping features without any observed values:UserWarning")
@pytest.mark.parametrize(
    "transformer",
    [
        SimpleImputer().fit(_EMPTY),
        SimpleImputer(strategy="most_frequent").fit(DATA),
        SimpleImputer(missing_values=0).fit(DATA),
        SimpleImputer().set_output(transform="pandas").fit(DATA),
        KNNImputer().fit(DATA),
        "passthrough",
    ],
)
def test_others_are_not_known(transformer: Any) -> None:
    """Dropped columns, other markers, DataFrames and other imputers have no computation."""
    assert imputing(transformer) is None
