"""The OpenAPI operation of `POST .../infer`."""

from __future__ import annotations

import re
from typing import Any, Final

from src.controller.protocols.open_inference.datatypes import BOOL, BYTES, DATATYPES, FP64, INT64
from src.controller.protocols.open_inference.metadata import PREDICT, PREDICT_PROBA, inputs_of
from src.controller.protocols.operation import VERSION_HEADER
from src.service.prediction.model import LoadedModel

TAG: Final = "open inference protocol"
_PARAMETERS: Final = {"type": ["object", "null"], "additionalProperties": True}
_SHAPE: Final = {"type": "array", "items": {"type": "integer", "minimum": 0}}
_DATATYPE: Final = {"type": "string", "enum": list(DATATYPES)}
_VALUE: Final = {"type": ["number", "string", "boolean", "null"]}
_DATA: Final = {"type": "array", "items": {"anyOf": [_VALUE, {"type": "array", "items": _VALUE}]}}
_REQUEST: Final = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": ["string", "null"]},
        "parameters": _PARAMETERS,
        "inputs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["name", "shape", "datatype"],
                "properties": {
                    "name": {"type": "string"},
                    "shape": {**_SHAPE, "minItems": 1, "maxItems": 2},
                    "datatype": _DATATYPE,
                    "parameters": _PARAMETERS,
                    "data": _DATA,
                },
            },
        },
        "outputs": {
            "type": ["array", "null"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "enum": [PREDICT, PREDICT_PROBA]},
                    "parameters": _PARAMETERS,
                },
            },
        },
    },
}
_RESPONSE: Final = {
    "type": "object",
    "required": ["model_name", "model_version", "outputs"],
    "properties": {
        "model_name": {"type": "string"},
        "model_version": {"type": "string"},
        "id": {"type": "string"},
        "parameters": _PARAMETERS,
        "outputs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "shape", "datatype"],
                "properties": {
                    "name": {"type": "string"},
                    "shape": _SHAPE,
                    "datatype": _DATATYPE,
                    "parameters": _PARAMETERS,
                    "data": _DATA,
                },
            },
        },
    },
}
ERROR: Final = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
_ERRORS: Final = {
    "400": "The body is not JSON, or not what its Content-Encoding says",
    "404": "Another model, or another version, serves",
    "413": "The body is too large, or has too many rows",
    "415": "The body is declared with another media type, or with an encoding that is not understood",
    "422": "The tensors do not fit the model's signature, or the model has no answer for them",
    "503": "No model serves yet, or too many requests are waiting",
}
_DESCRIPTION: Final = (
    "One tensor for each column of the signature, of shape [rows] or [rows, 1], or one tensor with all columns, of "
    "shape [rows, columns]. The outputs are `predict` and, for a classifier and on request, `predict_proba`. With the "
    "header Inference-Header-Content-Length binary data may follow the JSON object."
)


def infer_operation(model: LoadedModel | None, path: str) -> dict[str, Any]:
    """The operation, with the example of the model that serves.

    Args:
        model: The model; None while none serves.
        path: The path, whose parameters are described.
    """
    content: dict[str, Any] = {"schema": _REQUEST}
    if model is not None:
        content["example"] = example_request(model)
    names = re.findall(r"{(\w+)}", path)
    bundle = None if model is None else model.bundle
    examples = {} if bundle is None else {"model": bundle.name, "version": bundle.version}
    of_path = {"description": "The version of the path, which answered", "schema": {"type": "string"}}
    return {
        "tags": [TAG],
        "summary": "Predict rows of tensors" + (" with a version" if "version" in names else ""),
        "description": _DESCRIPTION,
        "operationId": "_".join(["infer", *names[1:]]),
        "parameters": [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
                **({"example": examples[name]} if name in examples else {}),
            }
            for name in names
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "200": {
                "description": "The answer; binary outputs follow the JSON object",
                "headers": {"X-Model-Version": of_path} if "version" in names else VERSION_HEADER,
                "content": {
                    "application/json": {"schema": _RESPONSE},
                    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
                },
            },
            **{
                status: {"description": text, "content": {"application/json": {"schema": ERROR}}}
                for status, text in _ERRORS.items()
            },
        },
    }


def example_request(model: LoadedModel) -> dict[str, Any]:
    """A request that the model answers: its example as tensors of one row."""
    row = model.schema.example
    inputs = inputs_of(model.bundle)
    if len(inputs) < len(model.schema.columns):
        (matrix,) = inputs
        values = [row.get(column.name) for column in model.schema.columns]
        return {"inputs": [{**matrix, "shape": [1, len(values)], "data": values}]}
    return {
        "inputs": [
            {
                "name": column.name,
                "datatype": _any_datatype(row.get(column.name)) if column.kind == "any" else tensor["datatype"],
                "shape": [1, 1],
                "data": [row.get(column.name)],
            }
            for column, tensor in zip(model.schema.columns, inputs, strict=True)
        ]
    }


def _any_datatype(value: Any) -> str:
    """The datatype for a value of a column of any type."""
    return {bool: BOOL, int: INT64, float: FP64}.get(type(value), BYTES).name
