"""Rows that a model is verified with."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.service.schema.column import Column, Kind
from src.service.schema.sample_rows import default_row, example_rows, random_rows
from src.service.schema.validator import Schema

COLUMNS = [
    Column("x", "number", "float64", required=False),
    Column("n", "integer", "int64", required=False),
    Column("flag", "boolean", "bool"),
    Column("text", "string", "str", required=False),
    Column("when", "datetime", "datetime64[ns]"),
    Column("any", "any", "object", required=False),
]
FRAME = pd.DataFrame(
    {
        "x": [1.5, np.nan],
        "n": [2.0, np.nan],
        "flag": [True, False],
        "text": ["a", None],
        "when": pd.to_datetime(["2024-01-01T10:00:00.123456789", "2024-02-01"], format="ISO8601"),
        "any": ["b", 3],
        "unknown": [1, 2],
    }
)
ROW = {"x": 1.5, "n": 2, "flag": True, "text": "a", "when": "2024-01-01T10:00:00.123456789", "any": "b"}


def test_example_is_a_frame() -> None:
    """A DataFrame becomes JSON objects of the signature's columns: missing values null, whole floats integers."""
    found = example_rows(FRAME, COLUMNS)
    assert found == [
        ROW,
        {"x": None, "n": None, "flag": False, "text": None, "when": "2024-02-01T00:00:00", "any": 3},
    ]
    assert type(found[0]["n"]) is int


NUMBERS = [Column("feature1", "number", "float64"), Column("feature2", "number", "float64")]
OTHERS: list[tuple[Any, list[dict[str, Any]]]] = [
    (np.array([[1.5, 2.0], [3.5, 4.0]]), [{"feature1": 1.5, "feature2": 2.0}, {"feature1": 3.5, "feature2": 4.0}]),
    (np.array([1, 2]), [{"feature1": 1.0, "feature2": 2.0}]),
    (pd.DataFrame([[1.5, 2.5]]), [{"feature1": 1.5, "feature2": 2.5}]),
    ({"feature1": 1, "feature2": 2.5}, [{"feature1": 1.0, "feature2": 2.5}]),
    ([{"feature1": 1.5, "feature2": 2.5}, {"feature1": 1.5}], [{"feature1": 1.5, "feature2": 2.5}]),
    (np.array([[np.nan, 1.0]]), []),
    (np.array([[1.0, 2.0, 3.0]]), [{"feature1": 1.0, "feature2": 2.0}]),
    (np.zeros((2, 2, 2)), []),
    ({"feature1": [1, 2], "feature2": [3, 4]}, []),
    ("text", []),
    (5, []),
    ([1.5, 2.5], []),
    (pd.DataFrame({"other": [1], "names": [2], "here": [3]}), []),
]


@pytest.mark.parametrize(("example", "rows"), OTHERS)
def test_other_examples(example: Any, rows: list[dict[str, Any]]) -> None:
    """Arrays, dicts and unnamed frames are read too; what does not fit gives no row instead of a bad one."""
    assert example_rows(example, NUMBERS) == rows


def test_few_rows_are_taken() -> None:
    """Of a large example a few rows are enough."""
    assert len(example_rows(np.ones((1000, 2)), NUMBERS)) == 5


def test_default_row_fits() -> None:
    """A model without an example is shown with a row that fits its columns."""
    assert len(Schema(COLUMNS, {}).rows_of([default_row(COLUMNS)])) == 1


_DTYPES: dict[Kind, list[str]] = {
    "number": ["float64", "float32"],
    "integer": ["int64", "int8", "uint8"],
    "boolean": ["bool"],
    "string": ["str"],
    "datetime": ["datetime64[ns]"],
    "any": ["object"],
}


@given(
    st.lists(
        st.sampled_from([(kind, dtype) for kind, dtypes in _DTYPES.items() for dtype in dtypes]), min_size=1, max_size=5
    ),
    st.booleans(),
)
def test_random_rows_fit(kinds: list[tuple[Kind, str]], required: bool) -> None:  # noqa: FBT001
    """Random rows fit any columns, leave out optional values only, and are the same at every call."""
    columns = [Column(f"c{place}", kind, dtype, required) for place, (kind, dtype) in enumerate(kinds)]
    rows = random_rows(columns, [default_row(columns)])
    assert len(Schema(columns, {}).rows_of(rows)) == len(rows) == 30
    assert all(len(row) == len(columns) for row in rows) or not required
    assert random_rows(columns, [default_row(columns)]) == rows


def test_random_rows_vary_near_the_example() -> None:
    """Numbers and datetimes vary around those of the example; texts are those of the example."""
    rows = random_rows(COLUMNS, [ROW, {**ROW, "text": "z", "any": 7}])
    assert len({row["x"] for row in rows if "x" in row}) > 10
    assert len({row["when"] for row in rows}) > 10
    assert {row["text"] for row in rows if "text" in row} == {"a", "z"}
    assert {type(row["any"]) for row in rows if "any" in row} == {str, int}
    assert any("x" not in row for row in rows)
    assert {row["flag"] for row in rows} == {True, False}


@pytest.mark.parametrize(("dtype", "value"), [("uint8", 255), ("uint8", 0), ("int64", 2**63 - 1), ("int32", -(2**31))])
def test_integers_stay_in_their_type(dtype: str, value: int) -> None:
    """For an example at the limit of its type, the random rows are within the limit."""
    columns = [Column("n", "integer", dtype)]
    assert len(random_rows(columns, [{"n": value}])) == 30


def test_moment_at_the_end_of_time() -> None:
    """A datetime that cannot be changed, such as 9999-12-31 for never, is kept."""
    columns = [Column("until", "datetime", "datetime64[s]")]
    last = "9999-12-31T23:59:59"
    assert any(row["until"] == last for row in random_rows(columns, [{"until": last}]))


def test_example_of_dates() -> None:
    """A date without a time, such as in a NumPy array of days, becomes a datetime in JSON."""
    column = Column("día", "datetime", "datetime64[s]")
    assert example_rows(np.array([["2024-01-05"]], dtype="datetime64[D]"), [column]) == [{"día": "2024-01-05"}]
