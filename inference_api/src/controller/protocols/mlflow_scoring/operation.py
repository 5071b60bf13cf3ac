"""The OpenAPI operation of `POST /invocations`."""

from __future__ import annotations

from typing import Any, Final

from src.controller.protocols.operation import PREDICTION, ROW

_ERRORS: Final = {
    "400": "The body is not a request of this protocol, or does not fit the model's signature",
    "413": "The body is too large",
    "415": "The body is declared as something else than JSON or CSV in UTF-8",
    "503": "No model serves yet, or too many requests are waiting",
}
_VALUES: Final = {"type": "array", "items": {}}
_ROWS: Final = {"type": "array", "items": ROW}
_BY_COLUMN: Final = {"type": "object", "additionalProperties": _VALUES}
_SPLIT: Final = {
    "type": "object",
    "properties": {
        "columns": {"type": "array", "items": {"type": ["string", "integer"]}},
        "index": _VALUES,
        "data": {"type": "array", "items": _VALUES},
    },
    "required": ["data"],
    "additionalProperties": False,
}
_ARRAY: Final = {"anyOf": [_ROWS, _BY_COLUMN, {"type": "array", "items": _VALUES}]}
_FORMS: Final = {"dataframe_split": _SPLIT, "dataframe_records": _ROWS, "instances": _ARRAY, "inputs": _ARRAY}
_REQUEST: Final = {
    "type": "object",
    "description": "Exactly one of these; columns that the model does not take are left out",
    "properties": _FORMS,
    "oneOf": [{"required": [name]} for name in _FORMS],
}
_ERROR: Final = {
    "type": "object",
    "properties": {"error_code": {"type": "string"}, "message": {"type": "string"}},
    "required": ["error_code", "message"],
}


def operation_of(example: dict[str, Any] | None) -> dict[str, Any]:
    """The operation.

    Args:
        example: A row that the model accepts; None while no model serves.
    """
    content: dict[str, Any] = {"application/json": {"schema": _REQUEST}, "text/csv": {"schema": {"type": "string"}}}
    if example:
        split = {"columns": list(example), "data": [list(example.values())]}
        content["application/json"]["example"] = {"dataframe_split": split}
        content["text/csv"]["example"] = _csv(example)
    predictions = {
        "type": "object",
        "properties": {"predictions": {"type": "array", "items": PREDICTION}},
        "required": ["predictions"],
    }
    version = {"description": "Version that answered", "schema": {"type": "string"}}
    return {
        "tags": ["prediction"],
        "summary": "Predict as `mlflow models serve`",
        "operationId": "invocations",
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {
                "description": "The answer",
                "headers": {"X-Model-Version": version},
                "content": {"application/json": {"schema": predictions}},
            },
            **{
                status: {"description": text, "content": {"application/json": {"schema": _ERROR}}}
                for status, text in _ERRORS.items()
            },
        },
    }


def _csv(example: dict[str, Any]) -> str:
    lines = (list(example), list(example.values()))
    return "".join(",".join('"' + str(value).replace('"', '""') + '"' for value in line) + "\n" for line in lines)
