"""The service on its Unix socket, which the gateway uses, beside its TCP port."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from registration import register
from service_process import Service
from sklearn.linear_model import LinearRegression

pytestmark = [
    pytest.mark.integration,
    # MLflow's own client uses deprecated features of pandas, which are not tested here.
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
NAME = "by_socket"
ROW = {"a": 1.5, "b": -2.0}


@pytest.fixture(scope="module")
def model(mlflow_server: str) -> str:
    """The name of a registered model."""
    data = pd.DataFrame(np.random.default_rng(5).normal(size=(20, 2)), columns=list(ROW))
    estimator = LinearRegression().fit(data, data["a"] - data["b"])
    signature = infer_signature(data, estimator.predict(data))
    register(mlflow_server, NAME, estimator, signature=signature, input_example=data[:2])
    return NAME


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the sockets."""
    return tmp_path_factory.mktemp("sockets")


@pytest.fixture(scope="module", params=["true", "false"], ids=["fast lane", "route"])
def service(
    request: pytest.FixtureRequest, serve: Callable[..., Service], model: str, folder: Path
) -> Iterator[Service]:
    """A replica with a model and the first socket of an empty folder."""
    service = serve(model, SOCKET_DIR=str(folder), FAST_LANE=request.param)
    service.wait_ready()
    yield service
    service.stop()


def by_socket(path: Path) -> httpx.Client:
    """A client that uses this Unix socket."""
    return httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost", timeout=30)


def test_every_route_answers_the_same_on_both(service: Service, folder: Path) -> None:
    """On one connection to the socket, each response has the status and the body of the TCP port's."""
    requests: list[tuple[str, str, object]] = [
        ("POST", "/predict", ROW),
        ("POST", "/predict/batch", [ROW, ROW]),
        ("POST", "/predict", {"a": 1}),
        ("GET", "/predict", None),
        ("GET", "/health", None),
        ("GET", "/ready", None),
        ("GET", "/docs", None),
        ("GET", "/openapi.json", None),
        ("GET", "/nothing", None),
        ("POST", "/predict", ROW),
    ]
    with by_socket(folder / "replica-1.sock") as client:
        for method, path, body in requests:
            answers = [each.request(method, path, json=body) for each in (client, service.client)]
            assert answers[0].status_code == answers[1].status_code, path
            assert answers[0].content == answers[1].content, path
        assert client.get("/model").json()["name"] == NAME
        assert 'route="/predict"' in client.get("/metrics").text


def test_response_has_a_request_id(service: Service, folder: Path) -> None:
    """The response has the client's X-Request-ID; without one it has a new id."""
    with by_socket(folder / "replica-1.sock") as client:
        named = client.post("/predict", json=ROW, headers={"X-Request-ID": "mine"})
        nameless = client.post("/predict", json=ROW)

    assert service.process.poll() is None
    assert named.headers["X-Request-ID"] == "mine"
    assert nameless.headers["X-Request-ID"]


@pytest.mark.parametrize("lane", ["true", "false"], ids=["fast lane", "route"])
def test_stopped_replica_removes_its_socket(
    lane: str, serve: Callable[..., Service], model: str, tmp_path: Path
) -> None:
    """After SIGTERM the socket is gone, and the exit code is 0."""
    service = serve(model, SOCKET_DIR=str(tmp_path), FAST_LANE=lane)
    service.wait_ready()
    assert (tmp_path / "replica-1.sock").is_socket()

    assert service.stop() == 0
    assert [found.name for found in tmp_path.iterdir()] == ["slot-1.lock"]


def test_without_the_folder_only_tcp_is_used(serve: Callable[..., Service], model: str, tmp_path: Path) -> None:
    """When SOCKET_DIR does not exist, the replica logs a warning and serves on its port only."""
    service = serve(model, SOCKET_DIR=str(tmp_path / "missing"))
    service.wait_ready()

    assert service.predict(ROW).status_code == 200
    assert "only TCP" in service.log.read_text()
