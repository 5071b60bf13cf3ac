"""The usable feature columns and their types."""

import numpy as np
import pandas as pd
import pytest

from src.service.training.errors import TrainingError
from src.service.training.feature_columns import MAX_CATEGORIES, split_columns, usable_features


def test_useless_columns_are_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Empty columns and identifiers are left out; the log names them."""
    table = pd.DataFrame({"empty": [np.nan] * 3, "id": ["p1", "p2", "p3"], "x": [1, 2, 3]})
    assert list(usable_features(table)) == ["x"]
    assert "column 'empty' is left out" in caplog.text
    assert "column 'id' is left out" in caplog.text


def test_a_table_without_usable_columns_is_an_error() -> None:
    """At least one column must be usable."""
    with pytest.raises(TrainingError, match="no feature column is left"):
        usable_features(pd.DataFrame({"id": ["a", "b"]}))
    with pytest.raises(TrainingError, match="no feature column is left"):
        usable_features(pd.DataFrame(index=range(3)))


def test_infinite_numbers_are_an_error() -> None:
    """The message names the column and counts its values that are infinite or too large."""
    with pytest.raises(TrainingError, match=r"column 'x' has 3 value\(s\) that are infinite or beyond 1e\+100"):
        usable_features(pd.DataFrame({"x": [1.0, np.inf, -np.inf, 1e200]}))


def test_types_are_normalized() -> None:
    """Unsigned integers become floats, mixed objects text; booleans with missing values stay booleans."""
    table = pd.DataFrame(
        {
            "unsigned": pd.Series([1, 2**63, 3], dtype="uint64"),
            "mixed": pd.Series(["a", 1, "a"], dtype=object),
            "maybe": pd.Series([True, None, True], dtype=object),
        },
    )
    settled = usable_features(table)
    assert settled["unsigned"].dtype == "float64"
    assert settled["mixed"].tolist() == ["a", "1", "a"]
    assert settled["maybe"].tolist() == [True, None, True]


def test_columns_are_grouped_by_type() -> None:
    """Text and booleans are categories, dates are not; a text that is not repeated is no category."""
    table = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "f": [1.5, np.nan, 0.0],
            "b": [True, False, True],
            "t": ["x", "x", "y"],
            "d": pd.to_datetime(["2024-01-01", "2024-01-02", ""]),
        },
    )
    columns = split_columns(table)
    assert columns.numeric == ("n", "f")
    assert columns.dates == ("d",)
    assert columns.categorical == {"b": [False, True], "t": ["x"]}


def test_only_the_most_frequent_categories_count() -> None:
    """In a column of many texts only the most frequent ones are categories."""
    texts = [f"t{number:03}" for number in range(MAX_CATEGORIES + 20) for _ in range(2 + (number >= 20))]
    found = split_columns(pd.DataFrame({"t": texts})).categorical["t"]
    assert found == [f"t{number:03}" for number in range(20, MAX_CATEGORIES + 20)]
