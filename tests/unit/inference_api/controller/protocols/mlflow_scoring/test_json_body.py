"""MLflow's four JSON forms become tables."""

from __future__ import annotations

import json
from typing import Any

import pytest

from src.controller.protocols.mlflow_scoring.errors import InvalidRequestError
from src.controller.protocols.mlflow_scoring.input_table import InputTable
from src.controller.protocols.mlflow_scoring.json_body import column_values, read_json
from src.errors import NotJsonError
from src.service.schema.column import Column

NAMED: list[dict[str, Any]] = [
    {"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2, None]]}},
    {"dataframe_split": {"index": ["p", "q"], "columns": ["a", "b"], "data": [[1, "x"], [2, None]]}},
    {"dataframe_records": [{"a": 1, "b": "x"}, {"a": 2, "b": None}]},
    {"dataframe_records": [{"a": 1, "b": "x"}, {"a": 2}]},
    {"instances": [{"a": 1, "b": "x"}, {"a": 2, "b": None}]},
    {"instances": {"a": [1, 2], "b": ["x", None]}},
    {"inputs": {"a": [1, 2], "b": ["x", None]}},
    {"inputs": [{"a": 1, "b": "x"}, {"a": 2, "b": None}]},
]
UNNAMED: list[dict[str, Any]] = [
    {"dataframe_split": {"data": [[1, 2], [3, 4]]}},
    {"dataframe_split": {"columns": None, "data": [[1, 2], [3, 4]]}},
    {"instances": [[1, 2], [3, 4]]},
    {"inputs": [[1, 2], [3, 4]]},
]
# What it is, and a word of the reason.
BAD: list[tuple[Any, str]] = [
    (None, "exactly one of"),
    (1, "exactly one of"),
    ([1], "exactly one of"),
    ({}, "it has nothing"),
    ({"columns": ["a"], "data": [[1]]}, "it has 'columns', 'data'"),
    ({"inputs": [1], "instances": [1]}, "both instances and inputs"),
    ({"inputs": [1], "params": {"k": 1, "l": 2}}, "'k', 'l'"),
    ({"inputs": [1], "params": [1]}, "not an object"),
    ({"inputs": [1], "params": 0}, "not an object"),
    ({"dataframe_split": [[1]]}, "must be an object with data"),
    ({"dataframe_split": {"columns": ["a"]}}, "must be an object with data"),
    ({"dataframe_split": {"data": [[1]], "dtypes": []}}, "must be an object with data"),
    ({"dataframe_split": {"data": {"a": [1]}}}, "data must be an array"),
    ({"dataframe_split": {"data": None}}, "data must be an array"),
    ({"dataframe_split": {"columns": ["a"], "index": [0, 1], "data": [[1]]}}, "index must be"),
    ({"dataframe_split": {"columns": ["a"], "index": 0, "data": [[1]]}}, "index must be"),
    ({"dataframe_split": {"columns": "a", "data": [[1]]}}, "columns must be an array of names"),
    ({"dataframe_split": {"columns": [True], "data": [[1]]}}, "columns must be an array of names"),
    ({"dataframe_split": {"columns": ["a", "b"], "data": [[1]]}}, "an array of 2 values"),
    ({"dataframe_split": {"columns": ["a"], "data": [{"a": 1}]}}, "an array of 1 values"),
    ({"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}, "'a' is there twice"),
    ({"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3]]}}, "differ in their number"),
    ({"dataframe_records": {"a": [1]}}, "an element for each row"),
    ({"dataframe_records": [{"a": 1}, None]}, "all objects, all arrays"),
    ({"instances": [[1], 2]}, "all objects, all arrays"),
    ({"inputs": None}, "an element for each row"),
    ({"inputs": "x"}, "an element for each row"),
    ({"inputs": {"a": [1, 2], "b": [3]}}, "of the same length"),
    ({"inputs": {"a": [1, 2], "b": 3}}, "of the same length"),
    ({"inputs": {}}, "of the same length"),
]


def columns_of(table: InputTable) -> list[list[Any]]:
    """The values of every column."""
    return [list(table.column(place)) for place in range(table.width)]


def read(content: Any) -> InputTable:
    """The table of a JSON value."""
    return read_json(json.dumps(content).encode())


@pytest.mark.parametrize("content", NAMED)
def test_every_form_with_names(content: dict[str, Any]) -> None:
    """Each form gives the same columns; a key that a row does not have is a missing value."""
    table = read(content)
    assert list(table.names or ()) == ["a", "b"]
    assert columns_of(table) == [[1, 2], ["x", None]]
    assert table.count == 2
    assert table.is_frame == any(name.startswith("dataframe") for name in content)


@pytest.mark.parametrize("content", UNNAMED)
def test_every_form_without_names(content: dict[str, Any]) -> None:
    """An array has columns that are told apart by their position."""
    table = read(content)
    assert table.names is None
    assert columns_of(table) == [[1, 3], [2, 4]]


def test_one_column_may_be_flat() -> None:
    """A list of plain values is one column."""
    assert columns_of(read({"inputs": ["x", "y"]})) == [["x", "y"]]
    table = read({"dataframe_split": {"columns": ["a"], "data": [1, 2]}})
    assert (table.names, columns_of(table)) == (["a"], [[1, 2]])


def test_a_mapping_of_plain_values_is_one_row() -> None:
    """`inputs` may be one row, with its values by name."""
    table = read({"inputs": {"a": 1, "b": "x"}})
    assert (table.names, columns_of(table), table.count) == (["a", "b"], [[1], ["x"]], 1)


def test_objects_with_different_keys() -> None:
    """The columns are the keys of all rows, in the order in which they appear."""
    table = read({"dataframe_records": [{"a": 1, "b": 2}, {"c": 3, "a": 4}]})
    assert (table.names, columns_of(table)) == (["a", "b", "c"], [[1, 4], [2, None], [None, 3]])


def test_a_key_of_its_own_for_each_row() -> None:
    """Only the columns that are asked for are made: all of them would be 10,000 times 10,000 values."""
    table = read({"dataframe_records": [{f"k{place}": place} for place in range(10_000)]})
    assert (table.width, table.count) == (10_000, 10_000)
    assert table.column(3)[2:5] == [None, 3, None]


@pytest.mark.parametrize("content", [{"dataframe_split": {"columns": ["a", "b"], "data": []}}, {"inputs": []}])
def test_no_rows(content: dict[str, Any]) -> None:
    """A table may be empty; the endpoint refuses it."""
    assert read(content).count == 0


def test_numbers_as_names() -> None:
    """A DataFrame with numbers as labels has their texts as names."""
    assert read({"dataframe_split": {"columns": [2019, "x"], "data": [[1, 2]]}}).names == ["2019", "x"]


def test_what_mlflow_ignores() -> None:
    """Other keys, and empty parameters, are no error."""
    others: list[dict[str, Any]] = [{"params": {}}, {"params": None}, {"signature_name": "serving_default"}]
    for other in others:
        assert read({"inputs": [1], **other}).count == 1


@pytest.mark.parametrize(("content", "reason"), BAD)
def test_what_is_no_table(content: Any, reason: str) -> None:
    """Anything else is an error that says what was expected."""
    with pytest.raises(InvalidRequestError, match=reason) as caught:
        read(content)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "body", [b"", b"x", b'{"inputs":[1]', b'{"inputs":[1]}x', b'{"inputs":["\xff"]}', b"[" * 9999, b'{"inputs":[01]}']
)
def test_what_is_no_json(body: bytes) -> None:
    """A body that is not JSON is one of the client's errors, however deep it is."""
    with pytest.raises(NotJsonError, match="the body is not"):
        read_json(body)


def test_nan_is_a_missing_value() -> None:
    """MLflow's client writes NaN for what pandas marks as missing: it is null. Infinity stays, for the schema."""
    table = read_json(b'\xef\xbb\xbf{"inputs": {"a": [NaN, 1e999, -Infinity, 1]}}')
    assert columns_of(table) == [[None, float("inf"), float("-inf"), 1]]


def test_nat_is_a_missing_moment() -> None:
    """MLflow's client writes NaT as a text; in a column of texts it is one."""
    moment, text = Column("m", "datetime", "datetime64[ns]"), Column("t", "string", "str")
    assert column_values(moment, ["NaT", "", "2024-01-01", 5, None]) == [None, None, "2024-01-01", 5, None]
    assert column_values(text, ["NaT", ""]) == ["NaT", ""]
