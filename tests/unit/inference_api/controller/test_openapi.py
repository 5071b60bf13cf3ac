"""The OpenAPI document follows the model."""

from typing import Any

import pytest
from fastapi import FastAPI

from src.controller.inference import create_app
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.schema.column import Column
from src.settings import Settings
from tests.unit.inference_api.doubles import EXAMPLE, model_of, regression


@pytest.fixture
def app() -> FastAPI:
    """An application without a model."""
    return create_app(Settings())


def serve(app: FastAPI, **options: Any) -> None:
    """Put a model in place."""
    app.state.serving.batcher = MicroBatcher(model_of(regression(), **options), app.state.metrics, 10)


def body(document: dict[str, Any], path: str = "/predict") -> dict[str, Any]:
    """The description of a request body in the document."""
    found: dict[str, Any] = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return found


def test_without_a_model(app: FastAPI) -> None:
    """Before the first model the document has the routes, without fields or examples."""
    document = app.openapi()
    assert "example" not in body(document)
    assert "properties" not in document["components"]["schemas"]["Row"]


def test_example_of_the_model(app: FastAPI) -> None:
    """The model's example is the body of a prediction, and an array of it that of a batch."""
    serve(app)
    document = app.openapi()
    assert body(document)["example"] == EXAMPLE
    assert body(document, "/predict/batch")["example"] == [EXAMPLE]
    assert list(document["components"]["schemas"]["Row"]["properties"]) == list(EXAMPLE)


def test_document_follows_a_swap(app: FastAPI) -> None:
    """After a swap the document shows the new model's fields; between swaps it is made once."""
    app.openapi()
    serve(app)
    first = app.openapi()
    assert app.openapi() is first
    serve(app, columns=(Column("año", "string", "str", required=False),), example={"año": "x"})
    assert body(app.openapi())["example"] == {"año": "x"}


def test_references_are_resolved(app: FastAPI) -> None:
    """Every reference in the document names a schema of it."""
    serve(app)
    document = app.openapi()

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [name for value in part.values() for name in references(value)]
        return [name for value in part for name in references(value)] if isinstance(part, list) else []

    names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= names
    assert "#/components/schemas/ErrorBody" in references(document)


def test_every_route_is_documented(app: FastAPI) -> None:
    """The contract's paths are all there, and nothing else."""
    own = {"/health", "/ready", "/model", "/metrics", "/predict", "/predict/batch"}
    of_mlflow = {"/invocations", "/ping", "/version"}
    model = "/v2/models/{model}"
    of_model = {
        f"{model}{version}{page}" for version in ("", "/versions/{version}") for page in ("", "/ready", "/infer")
    }
    open_inference = {"/v2", "/v2/health/live", "/v2/health/ready"} | of_model
    assert set(app.openapi()["paths"]) == own | of_mlflow | open_inference


def test_operation_ids_are_distinct(app: FastAPI) -> None:
    """Client generators need a distinct name for each operation."""
    paths = app.openapi()["paths"].values()
    names = [operation["operationId"] for path in paths for operation in path.values()]
    assert len(set(names)) == len(names)


def test_only_real_operations_are_documented(app: FastAPI) -> None:
    """HEAD and OPTIONS are answered, but not documented."""
    paths = app.openapi()["paths"].values()
    assert {method for path in paths for method in path} == {"get", "post"}


def test_a_key_can_be_sent_and_need_not(app: FastAPI) -> None:
    """The documentation page offers both headers that the gateway reads; no operation requires one of them."""
    document = app.openapi()
    schemes = document["components"]["securitySchemes"]
    assert {(found["type"], found.get("name") or found["scheme"]) for found in schemes.values()} == {
        ("apiKey", "X-API-Key"),
        ("http", "bearer"),
    }
    assert {} in document["security"]
    assert {name for found in document["security"] for name in found} == set(schemes)
    assert not any("security" in operation for path in document["paths"].values() for operation in path.values())
