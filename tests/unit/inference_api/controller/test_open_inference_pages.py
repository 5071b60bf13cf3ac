"""The pages of the Open Inference Protocol, called through the application without a network."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from src.controller.inference import create_app
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.registry.bundle import Check
from src.settings import Settings
from tests.unit.inference_api.doubles import EXAMPLE, model_of, regression

SETTINGS = Settings(mlflow_tracking_uri="http://127.0.0.1:9")
NAME = SETTINGS.registered_model_name
MODEL = f"/v2/models/{NAME}"
VERSION = f"{MODEL}/versions/1"
PAGES = ["/v2", "/v2/health/live", "/v2/health/ready", MODEL, f"{MODEL}/ready", VERSION, f"{VERSION}/ready"]


@pytest.fixture
def app() -> FastAPI:
    """The application; no model serves."""
    return create_app(SETTINGS)


@pytest.fixture
def serving(app: FastAPI) -> FastAPI:
    """The application with a model."""
    model = model_of(regression(), checks=(Check(EXAMPLE, 321.0),))
    app.state.serving.batcher = MicroBatcher(model, app.state.metrics, 100)
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as found:
        yield found


@pytest.mark.usefixtures("serving")
async def test_what_serves(client: httpx.AsyncClient) -> None:
    """The server, its health, the model and its version."""
    found = {path: (await client.get(path)).json() for path in PAGES}
    tensors = {
        "name": NAME,
        "versions": ["1"],
        "platform": "sklearn_skops",
        "inputs": [{"name": "input-1", "datatype": "FP64", "shape": [-1, 3]}],
        "outputs": [{"name": "predict", "datatype": "FP64", "shape": [-1, 1]}],
    }
    readiness = {"name": NAME, "ready": True}
    assert list(found.values()) == [
        {"name": "inference-api", "version": "1.0.0", "extensions": ["binary_tensor_data"]},
        {"live": True},
        {"ready": True},
        tensors,
        readiness,
        tensors,
        readiness,
    ]


@pytest.mark.usefixtures("serving")
@pytest.mark.parametrize("path", PAGES)
async def test_head_is_get_without_a_body(path: str, client: httpx.AsyncClient) -> None:
    """Probes may use it."""
    answer, head = await client.get(path), await client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == answer.headers["content-length"]


async def test_no_model_yet(client: httpx.AsyncClient) -> None:
    """The process lives, and nothing is ready: the error is a sentence, as clients of the protocol read it."""
    assert (await client.get("/v2")).status_code == 200
    assert (await client.get("/v2/health/live")).status_code == 200
    for path in PAGES[2:]:
        answer = await client.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert answer.json() == {"error": "no model is serving yet: the model is being loaded"}
    answer = await client.post(f"{MODEL}/infer", json={})
    assert (answer.status_code, answer.json()) == (503, {"error": "no model is serving yet: the model is being loaded"})


@pytest.mark.parametrize("page", ["", "/ready"])
@pytest.mark.parametrize("address", ["other", "other/versions/1", f"{NAME}/versions/2"])
@pytest.mark.usefixtures("serving")
async def test_another_model_or_version_is_unknown(address: str, page: str, client: httpx.AsyncClient) -> None:
    """A name or a version that does not serve is 404, for a prediction as well."""
    for answer in (await client.get(f"/v2/models/{address}{page}"), await client.post(f"/v2/models/{address}/infer")):
        assert answer.status_code == 404, answer.text
        assert "is not served here; served is 'linear_regression_model'" in answer.json()["error"]


async def test_another_model_is_unknown_before_any_serves(client: httpx.AsyncClient) -> None:
    """The registered model's name is known from the start."""
    assert (await client.get("/v2/models/other")).status_code == 404


@pytest.mark.usefixtures("serving")
async def test_every_page_is_documented_once(app: FastAPI) -> None:
    """The OpenAPI document has the pages, each with a name of its own, and the endpoint with both addresses."""
    paths = app.openapi()["paths"]
    found = {path: set(methods) for path, methods in paths.items() if path.startswith("/v2")}
    model = "/v2/models/{model}"
    of_model = [f"{model}{version}{page}" for version in ("", "/versions/{version}") for page in ("", "/ready")]
    assert found == {
        **{path: {"get"} for path in ("/v2", "/v2/health/live", "/v2/health/ready", *of_model)},
        **{f"{model}{version}/infer": {"post"} for version in ("", "/versions/{version}")},
    }
    names = [operation["operationId"] for methods in paths.values() for operation in methods.values()]
    assert len(set(names)) == len(names)
