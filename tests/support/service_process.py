"""The real service as a process of its own."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from local_stack.child_process import ChildProcess

ROOT = Path(__file__).parents[2] / "inference_api"
WITHIN_SECONDS = 120


@dataclass
class Service:
    """A running `python -m src`.

    Attributes:
        url: Its base URL.
        process: The process.
        log: Its log file.
    """

    url: str
    process: ChildProcess
    log: Path
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        """Open a client that keeps its connection."""
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def wait(self, condition: Callable[["Service"], bool], what: str) -> None:
        """Poll until the condition holds."""
        deadline = time.monotonic() + WITHIN_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                if condition(self):
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        pytest.fail(f"{what}: not within {WITHIN_SECONDS} s\n{self.log.read_text()[-3000:]}")

    def wait_ready(self) -> None:
        """Poll until a model serves."""
        self.wait(lambda service: service.client.get("/ready").status_code == 200, "ready")

    def wait_version(self, version: str) -> None:
        """Poll until that version serves."""
        self.wait(lambda service: service.model()["version"] == version, f"version {version}")

    def wait_error(self, text: str) -> str:
        """Poll until the last reload failed with that text; returns the whole reason."""
        self.wait(lambda service: text in ((service.model()["last_reload_error"] or {}).get("detail", "")), text)
        return str(self.model()["last_reload_error"]["detail"])

    def model(self) -> dict[str, Any]:
        """What `GET /model` tells."""
        found: dict[str, Any] = self.client.get("/model").json()
        return found

    def predict(self, row: Any) -> httpx.Response:
        """`POST /predict`."""
        return self.client.post("/predict", json=row)

    def stop(self) -> int:
        """SIGTERM and wait; the exit code."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def free_port() -> int:
    """A TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start_service(folder: Path, environment: dict[str, str]) -> Service:
    """Start `python -m src` and wait until it is live.

    Args:
        folder: For its log and its model cache.
        environment: Settings beside the test's defaults.
    """
    port = free_port()
    values = {
        "MODEL_CACHE_DIR": str(folder / "cache"),
        "MODEL_POLL_SECONDS": "0.2",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    log = folder / "log"
    process = ChildProcess(
        [sys.executable, "-m", "src"], folder=ROOT, environment={**os.environ, **values, **environment}, log=log
    )
    service = Service(f"http://127.0.0.1:{port}", process, log)
    service.wait(lambda service: service.client.get("/health").status_code == 200, "live")
    return service
