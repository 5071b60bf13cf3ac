"""What clients of MLflow's server ask beside predictions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.metadata import version

import httpx
import pytest
from fastapi import FastAPI

from src.controller.inference import create_app
from src.service.prediction.micro_batcher import MicroBatcher
from src.settings import Settings
from tests.unit.inference_api.doubles import model_of, regression


@pytest.fixture
def app() -> FastAPI:
    """The application without a model."""
    return create_app(Settings())


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as found:
        yield found


async def test_ping(app: FastAPI, client: httpx.AsyncClient) -> None:
    """Without a model it is 503 with the reason in MLflow's shape; with one what MLflow's server answers."""
    answer = await client.get("/ping")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
    assert "no model is serving yet" in answer.json()["message"]
    app.state.serving.batcher = MicroBatcher(model_of(regression()), app.state.metrics, 10)
    answer = await client.get("/ping")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"\n", "application/json")
    assert (await client.head("/ping")).status_code == 200


async def test_version(client: httpx.AsyncClient) -> None:
    """It is the version of the MLflow that is installed."""
    answer = await client.get("/version")
    assert (answer.status_code, answer.text) == (200, version("mlflow-skinny"))
    assert (await client.head("/version")).status_code == 200
