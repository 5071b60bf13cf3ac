"""The OpenAPI operation of `POST /invocations`.

It describes each form as far as JSON Schema can: not that columns of one request are of one length, for example.
"""

from __future__ import annotations

from typing import Any, Final

from src.controller.protocols.endpoint import JSON
from src.controller.protocols.mlflow_scoring.json_body import FORMATS
from src.controller.protocols.operation import PREDICTION, VERSION_HEADER
from src.service.prediction.model import LoadedModel

CSV: Final = "text/csv"
ERROR: Final = {
    "type": "object",
    "properties": {"error_code": {"type": "string"}, "message": {"type": "string"}},
    "required": ["error_code", "message"],
}
_ERRORS: Final = {
    "400": "The body is not a request of this protocol, or does not fit the model's signature",
    "413": "The body is too large",
    "415": "The body is declared as something else than JSON or CSV in UTF-8",
    "503": "No model serves yet, or too many requests are waiting",
}
_DESCRIPTION: Final = (
    "A table in exactly one of the forms dataframe_split, dataframe_records, instances and inputs, or in CSV. The "
    "columns may be in any order, and those that the model does not take are left out. instances and inputs may also "
    "be an object with an array for each column."
)
_CSV: Final = "A line with the names of the columns, and a line for each row, separated by commas"
_PARAMS: Final = {"type": ["object", "null"], "maxProperties": 0, "description": "The model takes no parameters"}
_RESPONSE: Final = {
    "type": "object",
    "properties": {"predictions": {"type": "array", "items": PREDICTION}},
    "required": ["predictions"],
}


def operation_of(model: LoadedModel | None) -> dict[str, Any]:
    """The operation.

    Args:
        model: The model that serves; None while none does.
    """
    return {
        "tags": ["prediction"],
        "summary": "Predict as `mlflow models serve`",
        "description": _DESCRIPTION,
        "operationId": "invocations",
        "requestBody": {"required": True, "content": _content(model)},
        "responses": {
            "200": {
                "description": "The answer",
                "headers": VERSION_HEADER,
                "content": {JSON: {"schema": _RESPONSE}},
            },
            **{status: {"description": text, "content": {JSON: {"schema": ERROR}}} for status, text in _ERRORS.items()},
        },
    }


def _content(model: LoadedModel | None) -> dict[str, Any]:
    csv: dict[str, Any] = {"schema": {"type": "string", "format": "csv", "description": _CSV}}
    if model is None:
        return {JSON: {"schema": {"type": "object"}}, CSV: csv}
    fields = model.schema.json_schema
    names = list(fields["properties"])
    values = {"type": "array", "prefixItems": list(fields["properties"].values()), "items": False}
    values |= {"minItems": len(names), "maxItems": len(names)}
    row = {"type": "object", "properties": fields["properties"], "required": fields.get("required", [])}
    split = _form("dataframe_split", _split(names if model.bundle.named else None, values))
    rows = {"type": "array", "minItems": 1, "items": row if model.bundle.named else values}
    forms = [split, *[_form(name, rows) for name in FORMATS[1:]]]
    content: dict[str, Any] = {"schema": {"type": "object", "oneOf": forms}}
    example = model.schema.example
    if example:
        cells = [example.get(name) for name in names]
        of_row = example if model.bundle.named else cells
        bodies = {"dataframe_split": {"columns": names, "data": [cells]}} | {form: [of_row] for form in FORMATS[1:]}
        content["examples"] = {name: {"value": {name: body}} for name, body in bodies.items()}
        csv["example"] = f"{_line(names)}{_line(cells)}"
    return {JSON: content, CSV: csv}


def _form(name: str, value: dict[str, Any]) -> dict[str, Any]:
    others: dict[str, Any] = dict.fromkeys(FORMATS, False) | {"params": _PARAMS}
    return {"type": "object", "title": name, "properties": others | {name: value}, "required": [name]}


def _split(names: list[str] | None, row: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {"data": {"type": "array", "minItems": 1, "items": row}}
    if names is not None:
        properties["columns"] = {"const": names, "description": "In the order of the values in data"}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _line(values: list[Any]) -> str:
    return ",".join("" if value is None else '"' + str(value).replace('"', '""') + '"' for value in values) + "\n"
