"""The OpenAPI description, with the fields and the example of the model that serves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from src.controller.error_responses import ErrorBody
from src.service.lifecycle.serving_state import ServingState

_ERRORS: Final = {
    "400": "The body is not JSON, or not what its Content-Encoding says",
    "413": "The body is too large",
    "415": "The body is declared as something else than JSON, or with an encoding that is not understood",
    "422": "The input does not fit the model's signature, or the model has no answer for it",
    "503": "No model serves yet, or too many requests are waiting",
}
_ANSWER: Final[dict[str, Any]] = {
    "description": "Number, label (string, integer or boolean), or a list of these for several outputs",
    "anyOf": [{"type": "number"}, {"type": "string"}, {"type": "boolean"}, {"type": "array", "items": {}}],
}


def openapi_of(app: FastAPI, serving: ServingState) -> Callable[[], dict[str, Any]]:
    """What to put in place of `app.openapi`: a description that follows the model.

    Args:
        app: The application.
        serving: The watcher's state.
    """
    latest: tuple[object, dict[str, Any]] | None = None

    def openapi() -> dict[str, Any]:
        nonlocal latest
        batcher = serving.batcher
        if latest is None or latest[0] is not batcher:
            latest = (batcher, _describe(app, serving))
        return latest[1]

    return openapi


def _describe(app: FastAPI, serving: ServingState) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    error_body = ErrorBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(error_body.pop("$defs", {}))
    schemas["ErrorBody"] = error_body
    row: dict[str, Any] = {"type": "object", "description": "No model serves yet: its fields are not known"}
    if serving.batcher is not None:
        row = serving.batcher.model.schema.json_schema
    schemas["Row"] = {key: value for key, value in row.items() if key != "example"}
    example = row.get("example")
    one = {"$ref": "#/components/schemas/Row"}
    many = {"type": "array", "items": one}
    document["paths"]["/predict"] = {"post": _operation("Predict one row", "prediction", _ANSWER, one, example)}
    document["paths"]["/predict/batch"] = {
        "post": _operation(
            "Predict many rows", "predictions", {"type": "array", "items": _ANSWER}, many, example and [example]
        )
    }
    return document


def _operation(summary: str, key: str, answer: dict[str, Any], body: dict[str, Any], example: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": body}
    if example is not None:
        content["example"] = example
    success = {"type": "object", "properties": {key: answer}, "required": [key]}
    errors = {
        status: {
            "description": text,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
        }
        for status, text in _ERRORS.items()
    }
    return {
        "tags": ["prediction"],
        "summary": summary,
        "operationId": key,
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {
            "200": {
                "description": "The answer",
                "headers": {"X-Model-Version": {"description": "Version that answered", "schema": {"type": "string"}}},
                "content": {"application/json": {"schema": success}},
            },
            **errors,
        },
    }
