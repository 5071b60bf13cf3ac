"""The rows of a model from tensors."""

from datetime import datetime
from typing import Any

import pytest

from src.controller.protocols.open_inference.errors import InvalidInferenceError
from src.errors import BodyTooLargeError, InvalidRowError
from src.service.schema.column import Column
from tests.unit.inference_api.controller.protocols.open_inference.requests import columns, matrix, read
from tests.unit.inference_api.doubles import DoublingEstimator, model_of

NUMBERS = (Column("a", "number", "float64"), Column("b", "number", "float64"))
MIXED = (
    Column("n", "number", "float64"),
    Column("f", "number", "float32", required=False),
    Column("i", "integer", "int32"),
    Column("flag", "boolean", "bool", required=False),
    Column("text", "string", "object", required=False),
    Column("when", "datetime", "datetime64[ns]", required=False),
    Column("any", "any", "object", required=False),
)
VALUES: dict[str, tuple[str, list[Any]]] = {
    "n": ("FP64", [1.5, 2]),
    "f": ("FP32", [0.5, None]),
    "i": ("INT16", [7, -7]),
    "flag": ("BOOL", [True, None]),
    "text": ("BYTES", ["rojo", None]),
    "when": ("BYTES", ["2024-01-05T10:30:00+01:00", "2024-01-05"]),
    "any": ("BYTES", ["x", None]),
}
ROWS = [
    (1.5, 0.5, 7, True, "rojo", datetime(2024, 1, 5, 9, 30), "x"),  # noqa: DTZ001 - the model gets naive datetimes
    (2.0, None, -7, None, None, datetime(2024, 1, 5), None),  # noqa: DTZ001 - as above
]


def rows(request: dict[str, Any], of: tuple[Column, ...], limit: int = 100) -> list[tuple[Any, ...]]:
    """The rows that a model of these columns gets."""
    return list(read(request, model_of(DoublingEstimator(), of), limit=limit).rows)


@pytest.mark.parametrize("count", [1, 2])
def test_one_tensor_for_each_column(count: int) -> None:
    """In any order, with values of every kind, and null for a missing one."""
    cut = {name: (datatype, data[:count]) for name, (datatype, data) in VALUES.items()}
    assert rows(columns(**cut), MIXED) == ROWS[:count]
    assert rows(columns(**dict(reversed(cut.items()))), MIXED) == ROWS[:count]


def test_a_column_may_have_a_second_dimension() -> None:
    """Shape [rows] and [rows, 1] are the same."""
    request = columns(a=("FP64", [1, 2]), b=("FP64", [3, 4]))
    request["inputs"][1]["shape"] = [2, 1]
    assert rows(request, NUMBERS) == [(1.0, 3.0), (2.0, 4.0)]


def test_an_optional_column_may_be_absent() -> None:
    """Its values are missing."""
    found = rows(columns(n=("FP64", [1, 2]), i=("INT32", [3, 4])), MIXED)
    assert found == [(1.0, None, 3, None, None, None, None), (2.0, None, 4, None, None, None, None)]


@pytest.mark.parametrize("datatype", ["FP64", "FP32", "FP16", "INT8", "INT64", "UINT8", "UINT64"])
@pytest.mark.parametrize("name", ["input-1", "predict", "a"])
def test_one_tensor_for_all_columns(datatype: str, name: str) -> None:
    """Of any name and any datatype of numbers: the model gets floats."""
    for data in ([[1, 2]], [[1, 2], [3, 4]]):
        found = rows(matrix(datatype, data, name), NUMBERS)
        assert found == [tuple(row) for row in data]
        assert {type(value) for row in found for value in row} == {float}


def test_integers_and_booleans_in_a_tensor_of_floats() -> None:
    """A tensor has one datatype: whole numbers are integers, and 0 and 1 are booleans, of their own types."""
    of = (Column("i", "integer", "int64"), Column("flag", "boolean", "bool"), Column("n", "number", "float64"))
    for datatype in ("FP64", "INT64"):
        found = rows(matrix(datatype, [[7, 1, 2], [-7, 0, 3]]), of)
        assert found == [(7, True, 2.0), (-7, False, 3.0)]
        assert [type(value) for value in found[0]] == [int, bool, float]
    for data in ([[7.5, 1, 2]], [[7, 2, 2]]):
        with pytest.raises(InvalidRowError):
            rows(matrix("FP64", data), of)


def test_texts_in_one_tensor() -> None:
    """A model of texts takes them as one tensor, a single column by any name."""
    of = (Column("text", "string", "object"),)
    for name in ("text", "input-1"):
        assert rows(matrix("BYTES", [["a"], ["b"]], name), of) == [("a",), ("b",)]
        assert rows(columns(**{name: ("BYTES", ["a", "b"])}), of) == [("a",), ("b",)]
    assert rows(matrix("BYTES", [["a", "b"]]), (*of, Column("other", "string", "object"))) == [("a", "b")]


def test_missing_values_in_one_tensor() -> None:
    """They belong to optional columns."""
    optional = tuple(Column(name, "number", "float64", required=False) for name in "ab")
    assert rows(matrix("FP64", [[1, None], [None, 4]]), optional) == [(1.0, None), (None, 4.0)]
    with pytest.raises(InvalidRowError) as caught:
        rows(matrix("FP64", [[1, 2], [3, None]]), NUMBERS)
    assert [problem.field for problem in caught.value.fields] == ["[1].b"]


def test_no_rows() -> None:
    """A request may ask for nothing."""
    assert rows(columns(a=("FP64", []), b=("FP64", [])), NUMBERS) == []
    assert rows({"inputs": [{"name": "x", "shape": [0, 2], "datatype": "FP64", "data": []}]}, NUMBERS) == []


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"inputs": []}, "has no inputs"),
        (columns(a=("FP64", [1]), c=("FP64", [1])), "input 'c' is not one of the model: its inputs are a, b, or one"),
        (columns(a=("FP64", [1]), b=("FP64", [1, 2])), "input 'b' has 2 rows, and input 'a' has 1"),
        ({"inputs": columns(a=("FP64", [1]))["inputs"] * 2}, "input 'a' is there twice"),
        ({"inputs": columns(a=("FP64", ["x"]))["inputs"] * 3}, "has 3 inputs; the model has 2"),
        (matrix("FP64", [[1, 2, 3]], "a"), r"input 'a' has 3 columns; .* all columns \[rows, 2\]"),
        (matrix("FP64", [[1, 2, 3]]), "input 'input-1' is not one of the model"),
    ],
)
def test_tensors_that_are_not_the_models(request_: dict[str, Any], problem: str) -> None:
    """The sentence names the input and what the model has."""
    with pytest.raises(InvalidInferenceError, match=problem):
        rows(request_, NUMBERS)


@pytest.mark.parametrize(
    ("request_", "fields"),
    [
        (columns(n=("FP64", [1, 2])), ["i"]),
        (columns(n=("FP64", [1, None]), i=("INT32", [1, 2])), ["[1].n"]),
        (columns(n=("BOOL", [True]), i=("FP64", [1.5])), ["[0].n", "[0].i"]),
        (columns(n=("FP64", [1]), i=("INT64", [2**40])), ["[0].i"]),
        (columns(n=("BYTES", ["1"]), i=("INT64", [1])), ["[0].n"]),
        (columns(n=("FP64", [1]), i=("INT64", [1]), flag=("INT64", [1])), ["[0].flag"]),
        (columns(n=("FP64", [1]), i=("INT64", [1]), f=("FP64", [1e300])), ["[0].f"]),
        (columns(n=("FP64", [1]), i=("INT64", [1]), when=("BYTES", ["ayer"])), ["[0].when"]),
        (columns(n=("FP64", [1]), i=("INT64", [1]), when=("INT64", [5])), ["[0].when"]),
        (columns(n=("FP64", [1]), i=("INT64", [1]), text=("FP64", [5])), ["[0].text"]),
    ],
)
def test_values_that_do_not_fit(request_: dict[str, Any], fields: list[str]) -> None:
    """The rules are those of the service's own protocol; each column is named, with its first row."""
    with pytest.raises(InvalidRowError) as caught:
        rows(request_, MIXED)
    assert [problem.field for problem in caught.value.fields] == fields


def test_too_many_rows() -> None:
    """The limit is that of the service's own batches."""
    assert len(rows(matrix("FP64", [[1, 2]] * 2), NUMBERS, limit=2)) == 2
    with pytest.raises(BodyTooLargeError, match="3 rows; the limit is 2"):
        rows(matrix("FP64", [[1, 2]] * 3), NUMBERS, limit=2)


TEXTS = (Column("t", "string", "str"), Column("u", "string", "str"))


@pytest.mark.parametrize("text", ["5", "true", "null", "[1]", '{"a": 1}', "1.5"])
@pytest.mark.parametrize("as_matrix", [False, True])
def test_json_texts_are_values_of_any_type(text: str, as_matrix: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """What `pd_json` makes of a text is checked by the signature: a number is no text, although the tensor is BYTES."""
    parameters = {"parameters": {"content_type": "pd_json"}}
    request: dict[str, Any] = {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "BYTES", "data": ['"a"', text]}]}
    if as_matrix:
        request["inputs"][0] |= parameters
    else:
        request = columns(t=("BYTES", ["a"]), u=("BYTES", [text]))
        request["inputs"][1] |= parameters
    with pytest.raises((InvalidRowError, InvalidInferenceError)):
        rows(request, TEXTS)
    shown = request["inputs"][-1]["data"]
    shown[-1] = '"b"'
    assert rows(request, TEXTS) == [("a", "b")]
