"""Output tensors from answers."""

import json
from typing import Any

import numpy as np
import pytest
from tritonclient.http import InferResult

from src.controller.protocols.open_inference.output_tensor import OutputTensor

ANSWERS: list[tuple[list[Any], str, list[int]]] = [
    ([1.5, -0.1], "FP64", [2, 1]),
    ([3], "INT64", [1, 1]),
    ([2**63, 0], "UINT64", [2, 1]),
    ([True, False], "BOOL", [2, 1]),
    (["sí", ""], "BYTES", [2, 1]),
    ([[1.5, 2.5], [3.5, 4.5]], "FP64", [2, 2]),
    ([[1, 0]], "INT64", [1, 2]),
    ([["a", "b", "c"]], "BYTES", [1, 3]),
    ([[[1.5, 2.5], [3.5, 4.5], [5.5, 6.5]]], "FP64", [1, 3, 2]),
    ([[1, 2.5]], "FP64", [1, 2]),
]


@pytest.mark.parametrize(("answers", "datatype", "shape"), ANSWERS)
def test_tritons_client_reads_both_forms(answers: list[Any], datatype: str, shape: list[int]) -> None:
    """The datatype follows from the answers; JSON and binary data have the same values."""
    tensor = OutputTensor.of_answers(answers)
    assert (tensor.datatype.name, list(tensor.shape)) == (datatype, shape)
    text = b'{"outputs":[%b]}' % tensor.json(b"predict")
    assert json.loads(text)["outputs"][0] == {
        "name": "predict",
        "datatype": datatype,
        "shape": shape,
        "parameters": {"content_type": "np"},
        "data": np.array(answers).ravel().tolist(),
    }
    piece, data = tensor.json_and_binary(b"predict")
    start = b'{"outputs":[%b]}' % piece
    for result in (
        InferResult.from_response_body(text),
        InferResult.from_response_body(start + data, header_length=len(start)),
    ):
        found = result.as_numpy("predict").tolist()
        found = json.loads(json.dumps(found, default=bytes.decode))
        assert found == np.array(answers).reshape(shape).tolist()


@pytest.mark.parametrize("answers", [[1, "a"], [None, 1.5], [2**64], [[1.5], [1.5, 2.5]], [{"a": 1}], [[]]])
def test_answers_without_a_common_datatype_are_json_texts(answers: list[Any]) -> None:
    """They are marked with the content type by which MLServer's client decodes them."""
    found = json.loads(OutputTensor.of_answers(answers).json(b"predict"))
    assert (found["datatype"], found["shape"]) == ("BYTES", [len(answers), 1])
    assert found["parameters"] == {"content_type": "pd_json"}
    assert [json.loads(text) for text in found["data"]] == answers
