"""The OpenAPI description, with the fields and the example of the model that serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from src.controller.error_responses import ErrorBody
from src.controller.protocols.endpoint import PredictionEndpoint
from src.service.lifecycle.serving_state import ServingState

# The API itself asks for no key. A gateway may (docs/security.md), and with these the documentation page can send one.
_SECURITY_SCHEMES: Final = {
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "Where the gateway asks for a key",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same key in another header"},
}
_SECURITY: Final[list[dict[str, list[str]]]] = [{}, {"apiKey": []}, {"bearer": []}]


def openapi_of(
    app: FastAPI, serving: ServingState, endpoints: Sequence[PredictionEndpoint]
) -> Callable[[], dict[str, Any]]:
    """What to put in place of `app.openapi`: a description that follows the model.

    Args:
        app: The application.
        serving: The watcher's state.
        endpoints: The prediction endpoints.
    """
    latest: tuple[object, dict[str, Any]] | None = None

    def openapi() -> dict[str, Any]:
        nonlocal latest
        batcher = serving.batcher
        if latest is None or latest[0] is not batcher:
            latest = (batcher, _describe(app, serving, endpoints))
        return latest[1]

    return openapi


def _describe(app: FastAPI, serving: ServingState, endpoints: Sequence[PredictionEndpoint]) -> dict[str, Any]:
    document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = document.setdefault("components", {})
    components["securitySchemes"] = _SECURITY_SCHEMES
    document["security"] = _SECURITY
    schemas = components.setdefault("schemas", {})
    error_body = ErrorBody.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(error_body.pop("$defs", {}))
    schemas["ErrorBody"] = error_body
    model = None if serving.batcher is None else serving.batcher.model
    row: dict[str, Any] = {"type": "object", "description": "No model serves yet: its fields are not known"}
    if model is not None:
        row = {key: value for key, value in model.schema.json_schema.items() if key != "example"}
    schemas["Row"] = row
    for endpoint in endpoints:
        document["paths"][endpoint.path] = {"post": endpoint.operation(model)}
    return document
