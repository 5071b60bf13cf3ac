"""A real MLflow server on SQLite as a process of its own."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from service_process import free_port

from local_stack.child_process import ChildProcess

_READY_WITHIN_SECONDS = 120


def _server_environment() -> dict[str, str]:
    """The caller's environment without MLflow settings of their own, which would change what is tested."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHONPATH"))}
    # The job executor adds a dozen processes that no test needs, telemetry would leave the machine.
    return environment | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


def _wait_until_ready(base_url: str, server: ChildProcess, user: tuple[str, str] | None) -> None:
    """Poll a real API path: `/health` answers before the database does and skips the host check."""
    deadline = time.monotonic() + _READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(httpx.TransportError):
            url = f"{base_url}/api/2.0/mlflow/experiments/search?max_results=1"
            answer = httpx.get(url, timeout=5, auth=user)
            if answer.is_success:
                return
        time.sleep(0.2)
    pytest.fail(
        f"MLflow did not get ready (exit code {server.poll()}):\n{server.log.read_text(errors='replace')[-4000:]}"
    )


@contextlib.contextmanager
def running_server(folder: Path, *options: str, user: tuple[str, str] | None = None, **variables: str) -> Iterator[str]:
    """Run an MLflow server on SQLite in an empty folder: in the project's root, mlflow/ would be on its import path.

    Args:
        folder: The folder.
        options: Of `mlflow server`.
        user: Name and password of a user, for a server with authentication.
        variables: Further variables of its environment.
    """
    base_url = f"http://127.0.0.1:{free_port()}"
    command = [
        *(sys.executable, "-m", "mlflow", "server"),
        *("--host", "127.0.0.1", "--port", base_url.rsplit(":", 1)[1], "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{folder / 'mlflow.db'}"),
        *options,
    ]
    environment = _server_environment() | variables
    with ChildProcess(command, folder=folder, environment=environment, log=folder / "server.log") as server:
        _wait_until_ready(base_url, server, user)
        yield base_url
