"""uvicorn with the fast lane."""

import asyncio
import logging
import socket
from typing import Any

import httpx
import pytest
import uvicorn

from src.controller.fast_lane import server as module
from src.controller.fast_lane.server import LaneServer, build_server, lane_problem
from src.controller.http_protocol import HttpProtocol
from src.controller.inference import create_app
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.prediction.model import LoadedModel
from src.settings import Settings
from tests.unit.inference_api.doubles import EXAMPLE, BlockedEstimator, eventually, model_of, regression

SETTINGS = Settings(mlflow_tracking_uri="http://127.0.0.1:9", shutdown_seconds=5)


class SocketlessServer(uvicorn.Server):
    """A uvicorn of another version, whose `startup` takes no sockets."""

    async def startup(self) -> None:  # type: ignore[override]  # that is what the test is about
        """Take no sockets."""


def built(settings: Settings = SETTINGS, model: LoadedModel | None = None) -> uvicorn.Server:
    """The server of an application."""
    app = create_app(settings)
    app.state.serving.batcher = MicroBatcher(model or model_of(regression()), app.state.metrics, 100)
    return build_server(uvicorn.Config(app, http=HttpProtocol, ws="none", log_config=None), app, settings)


def test_the_installed_uvicorn_is_supported() -> None:
    """It has everything that the lane needs."""
    assert lane_problem() == ""
    assert isinstance(built(), LaneServer)


def test_another_uvicorn_is_served_without_the_lane(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a uvicorn that lacks what the lane needs, there is a warning with its version, and the route serves."""
    monkeypatch.setattr(uvicorn, "Server", SocketlessServer)
    with caplog.at_level(logging.WARNING):
        found = built()
    assert type(found) is SocketlessServer
    assert "the fast lane is off" in caplog.text
    assert "startup takes no sockets" in lane_problem()


CHANGES: list[tuple[str, Any, str]] = [
    ("_PROTOCOL", ("self", "configuration"), "HttpToolsProtocol takes other arguments"),
    ("_STATE", ("connections", "requests_in_flight"), "its server state has no requests_in_flight"),
]


@pytest.mark.parametrize(("name", "value", "problem"), CHANGES)
def test_each_change_is_named(name: str, value: Any, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The protocol's arguments and the server's state are compared by name."""
    monkeypatch.setattr(module, name, value)
    assert problem in lane_problem()


def test_the_lane_can_be_turned_off() -> None:
    """With FAST_LANE=false it is uvicorn's own server."""
    assert type(built(Settings(fast_lane=False))) is uvicorn.Server


async def test_one_connection_through_both() -> None:
    """The lane answers predictions until another request arrives; from then on uvicorn answers all, in order."""
    server = built()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        url = "http://{}:{}".format(*listener.getsockname())
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(base_url=url, limits=limits, timeout=20) as client:
            first = await client.post("/predict", json=EXAMPLE)
            health = await client.get("/health")
            second = await client.post("/predict", json=EXAMPLE)
            batch = await client.post("/predict/batch", json=[EXAMPLE, EXAMPLE])
            metrics = (await client.get("/metrics")).text
        server.should_exit = True
        await running
    assert first.json() == second.json()
    assert batch.json()["predictions"] == pytest.approx([first.json()["prediction"]] * 2)
    assert health.json() == {"status": "ok"}
    assert "inference_lane_requests_total 1.0" in metrics
    assert 'inference_requests_total{route="/predict",status="200"} 2.0' in metrics


async def test_handed_over_requests_get_connection_close() -> None:
    """A batch in the model when the server stops is answered with `Connection: close`, as a prediction is."""
    estimator = BlockedEstimator()
    server = built(model=model_of(estimator, slow=True))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        async with httpx.AsyncClient(base_url="http://{}:{}".format(*listener.getsockname()), timeout=20) as client:
            batch = asyncio.create_task(client.post("/predict/batch", json=[EXAMPLE]))
            await eventually(estimator.entered.is_set)
            single = asyncio.create_task(client.post("/predict", json=EXAMPLE))
            await asyncio.sleep(0.1)
            server.should_exit = True
            await asyncio.sleep(0.3)
            estimator.release.set()
            answers = [await batch, await single]
        await running
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [answer.headers.get("connection") for answer in answers] == ["close", "close"]


@pytest.mark.parametrize("lane", [True, False], ids=["lane", "route"])
async def test_connections_are_refused_while_the_last_answers_are_awaited(*, lane: bool) -> None:
    """A stopping server refuses new clients, which can then try another replica, and answers its requests."""
    blocked = BlockedEstimator()
    server = built(Settings(mlflow_tracking_uri="http://127.0.0.1:9", fast_lane=lane), model_of(blocked, slow=True))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        running = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        async with httpx.AsyncClient(base_url="http://{}:{}".format(*address), timeout=20) as client:
            waiting = asyncio.create_task(client.post("/predict", json=EXAMPLE))
            await eventually(blocked.entered.is_set)
            server.should_exit = True
            await eventually(lambda: refuses(address))
            assert not waiting.done()
            blocked.release.set()
            assert (await waiting).status_code == 200
        await running


def refuses(address: tuple[str, int]) -> bool:
    """Tell whether nobody listens there."""
    with socket.socket() as client:
        return client.connect_ex(address) != 0
