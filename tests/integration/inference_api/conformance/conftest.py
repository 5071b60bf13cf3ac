"""The services whose responses must be equal: the route, and the fast lane with and without batching delays."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sum_rows
from conversation import Oracle
from every_column import register_classifier
from mlflow.models import infer_signature
from registration import register
from service_facts import LANE_REQUESTS, has_lane
from service_log import faults
from service_process import Service, start_service
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor

LANES = {
    "route": {"FAST_LANE": "false"},
    "lane without delays": {"FAST_LANE": "true", "LONGEST_REST_MS": "0"},
    "lane": {"FAST_LANE": "true"},
}
NEAREST, COLUMNS = "conformance_nearest", "conformance_columns"
# The nearest of so many points takes milliseconds to find, which is slow for a model.
POINTS = 200_000
# More than the tests keep waiting, but for the one about the limit.
QUEUE_ROWS = 250
Start = Callable[..., Service]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is an integration test; MLflow's client warns about what is not the subject."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.integration)
            item.add_marker(pytest.mark.filterwarnings("ignore::UserWarning"))
            item.add_marker(pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"))


@pytest.fixture(scope="package")
def start(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts a ready service for a model's name; stops what still runs at the end."""
    started: list[Service] = []
    caches: dict[str, Path] = {}

    def begin(name: str, **environment: str) -> Service:
        folder = tmp_path_factory.mktemp("service")
        if name in caches:  # saves the download, which takes most of a start
            shutil.copytree(caches[name], folder / "cache", symlinks=True)
        values = {
            "MLFLOW_TRACKING_URI": mlflow_server,
            "REGISTERED_MODEL_NAME": name,
            "MODEL_POLL_SECONDS": "60",
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        service = start_service(folder, values)
        started.append(service)
        service.wait_ready()
        caches.setdefault(name, folder / "cache")
        return service

    yield begin
    for service in started:
        service.stop()


@pytest.fixture(scope="package")
def sum_model(mlflow_server: str) -> str:
    """Name of a model that answers x + 1000 y exactly, whatever the batch."""
    data = pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": [3.0, 5.0, 4.0]})
    model = LinearRegression().fit(data, data["x"])
    model.coef_, model.intercept_ = np.array([1.0, 1000.0]), 0.0
    signature = infer_signature(data, model.predict(data))
    register(mlflow_server, sum_rows.NAME, model, signature=signature, input_example=data[:2])
    return sum_rows.NAME


@pytest.fixture(scope="package")
def slow_model(mlflow_server: str) -> str:
    """Name of a model that answers x for a whole x, after some milliseconds a row."""
    data = pd.DataFrame({"x": np.arange(POINTS, dtype=float)})
    model = KNeighborsRegressor(1, algorithm="brute", p=3).fit(data, data["x"])
    signature = infer_signature(data[:2], model.predict(data[:2]))
    register(mlflow_server, NEAREST, model, signature=signature, input_example=data[:2])
    return NEAREST


@pytest.fixture(scope="package")
def services(start: Start, sum_model: str) -> Callable[[str], Service]:
    """The service of each lane, started at its first use."""
    running: dict[str, Service] = {}

    def of(lane: str) -> Service:
        if lane not in running:
            running[lane] = start(sum_model, **LANES[lane])
        return running[lane]

    return of


@pytest.fixture(scope="package")
def oracle(services: Callable[[str], Service]) -> Oracle:
    """The route's responses to one request at a time."""
    return Oracle(services("route").url)


@pytest.fixture(params=LANES)
def service(request: pytest.FixtureRequest, services: Callable[[str], Service]) -> Iterator[Service]:
    """Each lane's service in turn."""
    yield from unharmed(services(request.param))


@pytest.fixture(params=[name for name in LANES if name != "route"])
def lane_service(request: pytest.FixtureRequest, services: Callable[[str], Service]) -> Iterator[Service]:
    """The lane's services, for what only the lane does."""
    found = services(request.param)
    if not has_lane(found):
        pytest.skip(f"this service has no fast lane: it does not count {LANE_REQUESTS}")
    yield from unharmed(found)


@pytest.fixture(scope="package")
def slow_services(start: Start, slow_model: str) -> Callable[[str], Service]:
    """The slow model's service of each lane."""
    running: dict[str, Service] = {}

    def of(lane: str) -> Service:
        if lane not in running:
            running[lane] = start(slow_model, **LANES[lane], MAX_QUEUE_ROWS=str(QUEUE_ROWS))
        return running[lane]

    return of


@pytest.fixture(params=["route", "lane"])
def slow_service(request: pytest.FixtureRequest, slow_services: Callable[[str], Service]) -> Iterator[Service]:
    """The slow model's service of the route and of the lane in turn."""
    yield from unharmed(slow_services(request.param))


@pytest.fixture(scope="package")
def classifier(mlflow_server: str) -> Any:
    """A registered classifier with columns of every type."""
    return register_classifier(mlflow_server, COLUMNS)


@pytest.fixture(scope="package")
def classifier_services(start: Start, classifier: Any) -> Callable[[str], Service]:  # noqa: ARG001 - is registered
    """The classifier's service of each lane, started at its first use."""
    running: dict[str, Service] = {}

    def of(lane: str) -> Service:
        if lane not in running:
            running[lane] = start(COLUMNS, **LANES[lane])
        return running[lane]

    return of


def unharmed(service: Service) -> Iterator[Service]:
    """Give a service to a test; after the test it still runs and has logged no failure of its own."""
    logged = service.log.stat().st_size
    yield service
    assert service.process.poll() is None
    assert faults(service.log, logged) == []
