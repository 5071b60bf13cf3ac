"""The OpenAPI operation of the inference endpoint."""

from typing import Any

import msgspec
import pytest

from src.controller.protocols.open_inference.infer import MODEL_PATH, VERSION_PATH, Infer
from src.controller.protocols.open_inference.operation import example_request
from src.service.schema.column import Column
from tests.unit.inference_api.controller.protocols.open_inference.requests import read
from tests.unit.inference_api.doubles import DoublingEstimator, model_of

MIXED = (
    Column("n", "number", "float64"),
    Column("i", "integer", "int32"),
    Column("flag", "boolean", "bool"),
    Column("text", "string", "object"),
    Column("when", "datetime", "datetime64[ns]"),
    Column("any", "any", "object"),
    Column("gap", "number", "float64", required=False),
)
EXAMPLE = {"n": 1, "i": 2, "flag": True, "text": "á", "when": "2024-01-05T00:00:00"}


@pytest.mark.parametrize("value", [1, 1.5, True, "x"])
@pytest.mark.parametrize("named", ["named", "numbered"])
def test_the_example_is_a_request(value: Any, named: str) -> None:
    """It has the rows of the model's own example, whatever the kinds of its columns."""
    model = model_of(DoublingEstimator(), MIXED, named=named == "named", example={**EXAMPLE, "any": value})
    ((*found, gap),) = read(msgspec.json.encode(example_request(model)), model).rows
    assert found[:4] == [1.0, 2, True, "á"]
    assert (found[5], gap) == (value, None)


def test_the_example_of_a_matrix_is_one_tensor() -> None:
    """As the metadata says."""
    columns = (Column("feature1", "number", "float64"), Column("feature2", "number", "float64"))
    model = model_of(DoublingEstimator(), columns, example={"feature1": 1.5, "feature2": 2.5})
    assert example_request(model) == {
        "inputs": [{"name": "input-1", "datatype": "FP64", "shape": [1, 2], "data": [1.5, 2.5]}]
    }
    assert read(example_request(model), model).rows == ((1.5, 2.5),)


def test_the_operation_of_each_path() -> None:
    """Both have a name of their own, their parameters, and the example of the model that serves, if any."""
    model = model_of(DoublingEstimator(), MIXED, example={**EXAMPLE, "any": 1}, version="7")
    for path, names in ((MODEL_PATH, ["model"]), (VERSION_PATH, ["model", "version"])):
        endpoint = Infer(path, 9)
        found = endpoint.operation(model)
        assert [parameter["name"] for parameter in found["parameters"]] == names
        assert found["parameters"][0]["example"] == "linear_regression_model"
        who = found["responses"]["200"]["headers"]["X-Model-Version"]["description"]
        assert ("another version" in who) is ("version" not in names)
        assert found["requestBody"]["content"]["application/json"]["example"] == example_request(model)
        without = endpoint.operation(None)
        assert "example" not in without["requestBody"]["content"]["application/json"]
        assert without["operationId"] == found["operationId"]
    assert Infer(MODEL_PATH, 9).operation(None)["operationId"] != Infer(VERSION_PATH, 9).operation(None)["operationId"]
