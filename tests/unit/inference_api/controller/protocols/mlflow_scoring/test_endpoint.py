"""`POST /invocations`: bodies to rows, outcomes to bodies."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from src.controller.protocols.endpoint import RequestParameters
from src.controller.protocols.mlflow_scoring.endpoint import Invocations
from src.errors import (
    ApiError,
    BodyTooLargeError,
    InvalidRowError,
    OverloadedError,
    RefusedRowError,
    UnsupportedMediaTypeError,
)
from src.service.prediction.model import LoadedModel, Outcome
from src.service.schema.column import Column
from tests.unit.inference_api.doubles import DoublingEstimator, model_of, regression

MODEL = model_of(regression(), named=True)
NAMES = ["feature1", "feature2", "feature3"]
EVERY_KIND = (
    Column("number", "number", "float64"),
    Column("integer", "integer", "int32"),
    Column("boolean", "boolean", "bool"),
    Column("string", "string", "str"),
    Column("datetime", "datetime", "datetime64[ns]", required=False),
    Column("any", "any", "object", required=False),
)
JSON, CSV = "application/json", "text/csv"


def rows_of(body: str | dict[str, Any], content_type: str = JSON, model: LoadedModel = MODEL, limit: int = 9) -> Any:
    """The rows of a body."""
    text = body if isinstance(body, str) else json.dumps(body)
    media_type = content_type.partition(";")[0]
    parameters = RequestParameters(media_type=media_type, headers={"content-type": content_type})
    return list(Invocations(limit).bind(parameters)(text.encode(), model).rows)


def split(*data: Any, columns: Any = NAMES) -> dict[str, Any]:
    """A body in the form `dataframe_split`."""
    return {"dataframe_split": {"columns": columns, "data": data}}


def test_json_becomes_rows() -> None:
    """The values are in the signature's order, integers for doubles are numbers, other columns are left out."""
    assert rows_of(split([3, "x", 1, 2.5], columns=["feature3", "other", "feature1", "feature2"])) == [(1.0, 2.5, 3.0)]
    assert rows_of({"inputs": {name: [1, 2] for name in NAMES}}) == [(1.0,) * 3, (2.0,) * 3]


def test_csv_becomes_rows() -> None:
    """Texts are read by the types of the signature."""
    text = "number,integer,boolean,string,datetime\n1,75.0,True,05001,2024-01-01 10:00:00\n-1e3,7,false,x,\n"
    columns = EVERY_KIND[:-1]
    assert rows_of(text, CSV, model_of(DoublingEstimator(), columns, named=True)) == [
        (1.0, 75, True, "05001", datetime(2024, 1, 1, 10)),  # noqa: DTZ001 - rows have no time zone
        (-1000.0, 7, False, "x", None),
    ]


def test_missing_moments() -> None:
    """NaT, as MLflow's client writes it, and NaN are missing values of an optional column."""
    model = model_of(DoublingEstimator(), EVERY_KIND, named=True)
    body = '{"dataframe_records":[{"number":1,"integer":1,"boolean":true,"string":"NaT","datetime":"NaT","any":NaN}]}'
    assert rows_of(body, model=model) == [(1.0, 1, True, "NaT", None, None)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("number", "1"),
        ("number", True),
        ("number", None),
        ("number", float("nan")),
        ("number", float("inf")),
        ("number", 10**400),
        ("number", [1]),
        ("integer", 1.5),
        ("integer", 2**31),
        ("integer", "1"),
        ("boolean", 1),
        ("boolean", "true"),
        ("boolean", None),
        ("string", 5),
        ("string", None),
        ("string", ["x"]),
        ("datetime", 5),
        ("datetime", "01/02/2024"),
        ("any", [1]),
        ("any", {"x": 1}),
    ],
)
def test_wrong_values_are_named(column: str, value: Any) -> None:
    """Nothing is converted that could be another value: the error has the row and the column, and status 400."""
    row = {"number": 1, "integer": 1, "boolean": True, "string": "x", column: value}
    model = model_of(DoublingEstimator(), EVERY_KIND, named=True)
    good = {**row, column: {"number": 1.5, "integer": 2.0, "boolean": False, "string": ""}.get(column)}
    with pytest.raises(InvalidRowError) as caught:
        rows_of({"dataframe_records": [good, row]}, model=model)
    assert caught.value.status == 400
    assert [problem.field for problem in caught.value.fields] == [f"[1].{column}"]


@pytest.mark.parametrize("text", ["x", "1_000", "inf", "0x10", "1,5"])
def test_wrong_texts_are_named(text: str) -> None:
    """A text that is no value of its column is refused by row and column."""
    with pytest.raises(InvalidRowError) as caught:
        rows_of(f'feature1,feature2,feature3\n1,2,3\n1,"{text}",3\n', CSV)
    assert [problem.field for problem in caught.value.fields] == ["[1].feature2"]


def test_a_request_needs_rows() -> None:
    """No rows are an error, as the model's own in MLflow; more than the limit are too many."""
    bodies: list[dict[str, Any]] = [split(), {"inputs": {name: [] for name in NAMES}}, {"dataframe_records": []}]
    for body in bodies:
        with pytest.raises(ApiError, match="has no rows") as caught:
            rows_of(body)
        assert caught.value.status == 400
    with pytest.raises(ApiError, match="has no rows"):
        rows_of("feature1,feature2,feature3\n", CSV)
    larger = "the request has more rows than the limit of 1"
    with pytest.raises(BodyTooLargeError, match=larger):
        rows_of(split([1, 2, 3], [4, 5, 6]), limit=1)
    with pytest.raises(BodyTooLargeError, match=larger):
        rows_of("feature1,feature2,feature3\n" + "1,2,3\n" * 2, CSV, limit=1)


@pytest.mark.parametrize("content_type", [JSON, f"{JSON}; charset=utf-8", f'{JSON};charset="UTF-8"'])
def test_media_types(content_type: str) -> None:
    """The charset may be told when it is UTF-8."""
    assert rows_of(split([1, 2, 3]), content_type) == [(1.0, 2.0, 3.0)]


@pytest.mark.parametrize("content_type", ["text/plain", f"{JSON}; charset=latin-1", f"{CSV}; header=present"])
def test_other_media_types(content_type: str) -> None:
    """Anything else is refused before the body is read, with the status of MLflow."""
    with pytest.raises(UnsupportedMediaTypeError, match="Content-Type") as caught:
        rows_of("", content_type)
    assert caught.value.status == 415


def test_outcomes_become_a_body() -> None:
    """The predictions as the model gave them; the error of a row takes their place, with the status of MLflow."""
    outcomes: list[Outcome] = [1.5, "sí", True, ["a", 2.5]]
    request = Invocations(9).bind(RequestParameters())(json.dumps(split([1, 2, 3])).encode(), MODEL)
    content = request.content(outcomes)
    assert isinstance(content, bytes)
    assert json.loads(content) == {"predictions": outcomes}
    refused = request.content([1.0, RefusedRowError("an unknown category")])
    assert isinstance(refused, RefusedRowError)
    assert refused.status == 400
    assert json.loads(Invocations(9).error_content(refused)) == {
        "error_code": "BAD_REQUEST",
        "message": "the model has no answer for 1 of 2 rows. [1]: an unknown category",
    }
    fault = OverloadedError("full")
    assert request.content([RefusedRowError("no"), fault]) is fault


@pytest.mark.parametrize("named", [True, False])
def test_every_example_is_accepted(named: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """The description has an example of each form, and the endpoint reads them all as the same row."""
    model = model_of(regression(), named=named)
    contents = Invocations(9).operation(model)["requestBody"]["content"]
    examples = contents[JSON]["examples"]
    assert list(examples) == ["dataframe_split", "dataframe_records", "instances", "inputs"]
    bodies = [(example["value"], JSON) for example in examples.values()] + [(contents[CSV]["example"], CSV)]
    assert [rows_of(body, media_type, model) for body, media_type in bodies] == [[(5.3, 2.1, 0.8)]] * len(bodies)


def test_description_without_a_model() -> None:
    """Before the first model nothing is known of the columns."""
    content = Invocations(9).operation(None)["requestBody"]["content"]
    assert content.keys() == {JSON, CSV}
    assert "examples" not in content[JSON]
