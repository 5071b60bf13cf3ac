"""The profile that a trainer writes of its training rows."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_cases import CASES
from profiled_rows import columns_of

from src.service.feature_profile import CategoryProfile, ColumnProfile, NumberProfile, parse_profile
from src.service.training.profile import feature_profile

pytestmark = pytest.mark.filterwarnings("ignore:Hint. Inferred schema contains integer column:UserWarning")

ROWS = 1000
DRAW = np.random.default_rng(1)


def profile_of(column: Any, **options: Any) -> ColumnProfile:
    """The profile of one column."""
    series = pd.Series(column, **options)
    return feature_profile(pd.DataFrame({"x": series}), np.zeros(len(series))).columns["x"]


def numbers(column: Any, **options: Any) -> NumberProfile:
    """The profile of one column of numbers or dates."""
    found = profile_of(column, **options)
    assert isinstance(found, NumberProfile)
    return found


def categories(column: Any, **options: Any) -> CategoryProfile:
    """The profile of one column of categories."""
    found = profile_of(column, **options)
    assert isinstance(found, CategoryProfile)
    return found


def test_deciles_of_different_numbers() -> None:
    """Numbers that are all different make ten bins with a tenth of the rows each."""
    found = numbers(DRAW.normal(0, 1, ROWS))
    assert found.counts == (ROWS // 10,) * 10
    assert found.missing == 0


def test_missing_numbers_are_counted_apart() -> None:
    """The bins are those of the numbers that are there."""
    found = numbers([*DRAW.normal(0, 1, ROWS - 100), *[np.nan] * 100])
    assert found.counts == (90,) * 10
    assert found.missing == 100


def test_edges_are_no_values() -> None:
    """An edge lies halfway between two values: none of the data is in the file."""
    found = numbers(np.arange(ROWS) * 2)
    assert found.edges == tuple(float(edge) for edge in range(199, 1999, 200))


def test_constant_column() -> None:
    """Around the only value there are bins without rows, for what is smaller or larger."""
    found = numbers([7.0] * ROWS)
    assert found.counts == (0, ROWS, 0)
    assert found.edges == pytest.approx((7.0, 7.0), rel=0.002)


def test_few_different_integers() -> None:
    """Each integer is a bin of its own, with empty bins around all of them."""
    found = numbers(DRAW.permutation([0] * 500 + [1] * 300 + [5] * 200))
    assert found.edges == (-0.5, 0.5, 3.0, 7.0)
    assert found.counts == (0, 500, 300, 200, 0)


def test_frequent_value_among_others() -> None:
    """A value that many rows have, such as zero, shares its bin with none."""
    found = numbers([0.0] * 600 + list(np.linspace(1, 2, 400)))
    assert found.counts[:2] == (0, 600)
    assert sum(found.counts) == ROWS
    assert max(found.counts[2:]) <= ROWS // 10


def test_few_rows_have_few_bins() -> None:
    """A bin for each 20 rows: 60 rows make three."""
    assert numbers(DRAW.normal(0, 1, 60)).counts == (20, 20, 20)
    assert numbers([1.0, 2.0]).counts == (0, 1, 1, 0)


def test_column_without_values() -> None:
    """A column whose values are all missing has one empty bin."""
    found = numbers([np.nan] * 30)
    assert (found.edges, found.counts, found.missing) == ((), (0,), 30)


@given(
    st.lists(st.one_of(st.floats(), st.integers(-5, 5).map(float)), min_size=1, max_size=300),
)
def test_each_row_is_counted_once(values: list[float]) -> None:
    """Whatever the values are, infinite ones and those at the ends of the range included, the counts add up."""
    found = numbers(values, dtype="float64")
    assert found.rows == len(values)
    assert len(found.counts) == len(found.edges) + 1
    profile = feature_profile(pd.DataFrame({"x": values}), values)
    assert parse_profile(profile.to_json().encode()) == profile


def test_dates_are_seconds() -> None:
    """A date is the seconds since 1970 in UTC, and a missing one is counted apart."""
    days = pd.Series([*pd.date_range("1970-01-02", periods=ROWS, freq="D"), None])
    found = numbers(days)
    assert found.kind == "datetime"
    assert found.edges[0] == 100.5 * 86_400
    assert (sum(found.counts), found.missing) == (ROWS, 1)
    assert numbers(days.dt.tz_localize("UTC").dt.tz_convert("America/Bogota")) == found


def test_integers_and_their_nullable_types() -> None:
    """A column of integers is one of numbers, in whatever way pandas stores it."""
    values = list(range(ROWS))
    expected = numbers(values)
    assert numbers(values, dtype="Int64") == expected
    assert numbers(values, dtype="float32") == expected
    assert numbers(values, dtype="object") == expected
    assert numbers([*values, None], dtype="Int64").missing == 1


@pytest.mark.parametrize("dtype", ["boolean", "object"])
def test_booleans(dtype: str) -> None:
    """Both booleans are named, the more frequent first, also one that no row has."""
    assert categories([True] * 30 + [False] * 10) == CategoryProfile((True, False), (30, 10))
    assert categories([False] * 30 + [None] * 10, dtype=dtype) == CategoryProfile((False, True), (30, 0), missing=10)


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_texts(dtype: str) -> None:
    """The most frequent texts come first; texts that fewer than five rows have are not named."""
    values = ["sur"] * 40 + ["norte"] * 50 + ["rare"] * 4 + [None] * 6
    assert categories(values, dtype=dtype) == CategoryProfile(("norte", "sur"), (50, 40), other=4, missing=6)


def test_at_most_fifty_texts() -> None:
    """Of more than 50 texts the less frequent ones are counted together."""
    values = [f"c{number}" for number in range(60) for _ in range(100 - number)]
    found = categories(values)
    assert found.categories == tuple(f"c{number}" for number in range(50))
    assert found.other == sum(100 - number for number in range(50, 60))


@pytest.mark.parametrize(
    "values",
    [
        [f"id-{number}" for number in range(ROWS)],
        [f"id-{number // 4}" for number in range(ROWS)],
        ["García"] * 200 + [f"apellido {number}" for number in range(800)],
    ],
    ids=["different", "repeated", "one frequent name"],
)
def test_identifiers_and_names_are_not_stored(values: list[str]) -> None:
    """Where texts that at least five rows share are less than half of the rows, none is stored."""
    assert categories([*values, None]) == CategoryProfile((), (), other=ROWS, missing=1)


def test_long_texts_are_not_stored() -> None:
    """A text of more than 200 characters is no category, however many rows have it."""
    values = ["a" * 200] * 30 + ["b" * 201] * 20
    assert categories(values) == CategoryProfile(("a" * 200,), (30,), other=20)


def test_values_of_several_types_have_no_profile() -> None:
    """A column without a common type is left out."""
    features = pd.DataFrame({"mixed": pd.Series([1, "a", True] * 10, dtype=object), "x": range(30)})
    assert set(feature_profile(features, range(30)).columns) == {"x"}


@pytest.mark.parametrize(
    ("predictions", "expected"),
    [
        (["yes"] * 30 + ["no"] * 10, CategoryProfile(("yes", "no"), (30, 10))),
        ([10] * 30 + [20] * 10, CategoryProfile((10, 20), (30, 10))),
        ([True] * 30 + [False] * 10, CategoryProfile((True, False), (30, 10))),
        ([1.0] * 40, NumberProfile("number", (0.9995, 1.0005), (0, 40, 0))),
        (np.zeros((40, 2)), None),
    ],
    ids=["texts", "integers", "booleans", "numbers", "several outputs"],
)
def test_predictions(predictions: Any, expected: ColumnProfile | None) -> None:
    """Labels are categories, numbers have deciles, and several outputs have no profile."""
    assert feature_profile(pd.DataFrame({"x": range(40)}), predictions).prediction == expected


def test_many_different_integers_are_numbers() -> None:
    """A model that predicts hundreds of different integers predicts numbers."""
    assert isinstance(feature_profile(pd.DataFrame({"x": range(ROWS)}), range(ROWS)).prediction, NumberProfile)


@pytest.mark.parametrize("kind", CASES)
def test_every_kind_of_model(kind: str) -> None:
    """Rows and predictions of every kind of model have a profile that can be read again."""
    case = CASES[kind]()
    method = case.options.get("pyfunc_predict_fn", "predict")
    profile = feature_profile(case.data, getattr(case.estimator, method)(case.data))
    assert list(profile.columns) == [column.name for column in columns_of(case.data)]
    assert (profile.prediction is None) == (kind in {"several outputs", "several labels", "probabilities"})
    assert parse_profile(profile.to_json().encode()) == profile
