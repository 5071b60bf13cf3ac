"""Services of the tests in this folder, against the shared MLflow server."""

from collections.abc import Callable, Iterator

import pytest
from service_process import Service, start_service

Serve = Callable[..., Service]
# As many companies set it, without NO_PROXY. Nobody listens there, and nobody must be asked there for loopback.
PROXY = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def serve(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts services for a registered model's name; stops them at the end of the module."""
    started: list[Service] = []

    def start(name: str, **environment: str) -> Service:
        values = {"MLFLOW_TRACKING_URI": mlflow_server, "REGISTERED_MODEL_NAME": name, **PROXY, **environment}
        service = start_service(tmp_path_factory.mktemp("service"), values)
        started.append(service)
        return service

    yield start
    for service in started:
        service.stop()
