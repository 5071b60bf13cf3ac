"""The metadata of a model's tensors."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from src.controller.protocols.open_inference.datatypes import DATATYPES
from src.controller.protocols.open_inference.metadata import inputs_of, model_metadata
from src.service.prediction.probabilities import Classifier
from src.service.registry.bundle import Check
from src.service.schema.column import Column
from tests.unit.inference_api.doubles import EXAMPLE, bundle_of, model_of, regression

MIXED = (
    Column("a", "number", "float64"),
    Column("b", "number", "float32"),
    Column("c", "integer", "int32"),
    Column("d", "integer", "uint8"),
    Column("e", "boolean", "bool"),
    Column("f", "string", "object"),
    Column("g", "datetime", "datetime64[ns]"),
    Column("h", "any", "object"),
)
DATATYPE_NAMES = ["FP64", "FP32", "INT32", "UINT8", "BOOL", "BYTES", "BYTES", "BYTES"]


def test_the_model_and_its_outputs() -> None:
    """Name, version, library with format; the outputs have the datatypes of the verified answers."""
    model = model_of(regression(), checks=(Check(EXAMPLE, 321.0),), version="7")
    found = model_metadata(model)
    assert {**found, "inputs": None} == {
        "name": "linear_regression_model",
        "versions": ["7"],
        "platform": "sklearn_skops",
        "inputs": None,
        "outputs": [{"name": "predict", "datatype": "FP64", "shape": [-1, 1]}],
    }
    classifier = replace(model, classifier=Classifier.of(["a", "b", "c"], model.method))
    assert model_metadata(classifier)["outputs"][1:] == [
        {"name": "predict_proba", "datatype": "FP64", "shape": [-1, 3]}
    ]


@pytest.mark.parametrize(
    ("answer", "datatype", "shape"),
    [(3, "INT64", [-1, 1]), ("alto", "BYTES", [-1, 1]), (True, "BOOL", [-1, 1]), ([1.5, 2.5], "FP64", [-1, 2])],
)
def test_outputs_of_other_models(answer: Any, datatype: str, shape: list[int]) -> None:
    """Labels have their own datatype, several outputs their own dimension."""
    model = model_of(regression(), logged=(Check(EXAMPLE, answer),))
    assert model_metadata(model)["outputs"] == [{"name": "predict", "datatype": datatype, "shape": shape}]


def test_inputs_with_names_are_one_tensor_each() -> None:
    """The datatype of each is that of the column."""
    expected = [
        {"name": column.name, "datatype": name, "shape": [-1, 1]}
        for column, name in zip(MIXED, DATATYPE_NAMES, strict=True)
    ]
    assert inputs_of(bundle_of(MIXED, named=True)) == expected
    assert inputs_of(bundle_of(MIXED, named=False)) == expected
    assert set(DATATYPE_NAMES) <= DATATYPES.keys()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint64", "bool", "object"])
def test_inputs_without_names_are_one_tensor(dtype: str) -> None:
    """A signature of an array has no names for its columns."""
    kinds: dict[str, Any] = {"f": "number", "i": "integer", "u": "integer", "b": "boolean", "O": "string"}
    of = tuple(Column(name, kinds[np.dtype(dtype).kind], dtype) for name in ("feature1", "feature2"))
    (found,) = inputs_of(bundle_of(of))
    assert (found["name"], found["shape"], found["datatype"] in DATATYPES) == ("input-1", [-1, 2], True)


def test_a_sequence_of_texts_has_its_name() -> None:
    """It is the name that the service's own protocol has."""
    text = (Column("text", "string", "object"),)
    assert inputs_of(bundle_of(text, sequence=True)) == [{"name": "text", "datatype": "BYTES", "shape": [-1, 1]}]
