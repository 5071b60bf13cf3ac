"""A real MLflow server for the integration tests: SQLite metadata, proxied artifacts in a temporary folder."""

import contextlib
import os
import socket
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from model_owners import ModelOwners

from local_stack.child_process import ChildProcess

with warnings.catch_warnings():
    # MLflow warns about its own type hints while it is imported; imported here, no later import warns.
    warnings.filterwarnings("ignore", message=r".*Any type hint is inferred as AnyType", category=UserWarning)
    import mlflow.pyfunc  # noqa: F401 - see above

_READY_WITHIN_SECONDS = 120
# Fixtures that several files use register these, each in its one way.
_SHARED_MODELS = ("every_kind", "conformance_sum", "conformance_nearest", "conformance_columns", "model_under_load")
_OWNERS = pytest.StashKey[ModelOwners]()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _server_environment() -> dict[str, str]:
    """The caller's environment without MLflow settings of their own, which would change what is tested."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHONPATH"))}
    # The job executor adds a dozen processes that no test needs, telemetry would leave the machine.
    return environment | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


def _wait_until_ready(base_url: str, server: ChildProcess) -> None:
    """Poll a real API path: `/health` answers before the database does and skips the host check."""
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            answer = httpx.get(f"{base_url}/api/2.0/mlflow/experiments/search", params={"max_results": 1}, timeout=5)
            if answer.is_success:
                return
        time.sleep(0.2)
    pytest.fail(
        f"MLflow did not get ready (exit code {server.poll()}):\n{server.log.read_text(errors='replace')[-4000:]}"
    )


@contextlib.contextmanager
def running_server(folder: Path, *options: str) -> Iterator[str]:
    """Run an MLflow server on SQLite in an empty folder: in the project's root, mlflow/ would be on its import path."""
    base_url = f"http://127.0.0.1:{_free_port()}"
    command = [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--host", "127.0.0.1", "--port", base_url.rsplit(":", 1)[1], "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
        *options,
    ]
    with ChildProcess(command, folder=folder, environment=_server_environment(), log=folder / "server.log") as server:
        _wait_until_ready(base_url, server)
        yield base_url


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[str]:
    """The base URL of a running MLflow server; model names are shared by all tests, so choose your own."""
    folder = tmp_path_factory.mktemp("mlflow-server")
    with running_server(folder, "--artifacts-destination", str(folder / "artifacts")) as base_url:
        base = tmp_path_factory.getbasetemp()
        record = (base.parent if hasattr(pytestconfig, "workerinput") else base) / "model-owners"
        record.mkdir(exist_ok=True)
        pytestconfig.stash[_OWNERS] = ModelOwners(base_url, record, _SHARED_MODELS)
        yield base_url
        del pytestconfig.stash[_OWNERS]


@pytest.fixture(scope="module", autouse=True)
def models_of_its_own(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail when a file has changed a registered model of another one, whichever processes they ran in."""
    yield
    owners = request.config.stash.get(_OWNERS, None)
    if owners and (conflicts := owners.conflicts(request.node.nodeid)):
        pytest.fail("\n".join(conflicts), pytrace=False)


@pytest.fixture
def proxyless_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server whose clients fetch artifacts by themselves, here from a folder."""
    folder = tmp_path_factory.mktemp("proxyless-server")
    root = str(folder / "artifacts")
    with running_server(folder, "--no-serve-artifacts", "--default-artifact-root", root) as base_url:
        yield base_url
