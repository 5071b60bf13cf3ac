"""The real API for the load generator's tests, and Locust as a program."""

import contextlib
import itertools
import os
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from registration import register
from service_process import Service, free_port, start_service
from sklearn.linear_model import LinearRegression

from local_stack.child_process import ChildProcess

REPOSITORY = Path(__file__).parents[3]
LOCUSTFILE = REPOSITORY / "locust" / "main.py"
MODEL = "model_under_load"
WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Swarm:
    """A running Locust process.

    Attributes:
        process: The process.
        ui: Base URL of its UI; not served without a UI.
    """

    process: ChildProcess
    ui: str

    def output(self) -> str:
        """Everything that it has printed."""
        return self.process.log.read_text(errors="replace")

    def wait(self) -> int:
        """Wait for its end; returns the exit code."""
        return self.process.wait(WITHIN_SECONDS)

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Poll until the condition holds."""
        deadline = time.monotonic() + WITHIN_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if condition():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        pytest.fail(f"{what}: not within {WITHIN_SECONDS} s\n{self.output()[-3000:]}")

    def wait_for_output(self, text: str) -> None:
        """Poll until it has printed a text."""
        self.wait_until(lambda: text in self.output(), f"the output {text!r}")

    def start(self, **form: str) -> dict[str, Any]:
        """Press the UI's start button; returns the answer that the page shows."""
        answer: dict[str, Any] = httpx.post(f"{self.ui}/swarm", data=form, timeout=30).json()
        return answer

    def stop(self) -> None:
        """Press the UI's stop button."""
        httpx.post(f"{self.ui}/stop", timeout=30).raise_for_status()

    def stats(self) -> dict[str, Any]:
        """The figures that the UI shows."""
        stats: dict[str, Any] = httpx.get(f"{self.ui}/stats/requests", timeout=30).json()
        return stats

    def requests(self) -> int:
        """Requests so far."""
        count: int = self.stats()["stats"][-1]["num_requests"]
        return count


StartLocust = Callable[..., Swarm]


@pytest.fixture
def start_locust(tmp_path: Path) -> Iterator[StartLocust]:
    """Starts Locust with the given arguments and variables; ends it after the test."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST_")}
    numbers = itertools.count()
    with contextlib.ExitStack() as processes:

        def start(*arguments: str, **environment: str) -> Swarm:
            port = free_port()
            web = () if {"--headless", "--worker", "--list", "--help"} & set(arguments) else ("--web-port", str(port))
            process = ChildProcess(
                [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), *web, *arguments],
                folder=tmp_path,
                environment={**inherited, **environment},
                log=tmp_path / f"locust-{next(numbers)}.log",
            )
            return Swarm(processes.enter_context(process), f"http://127.0.0.1:{port}")

        yield start


@pytest.fixture(scope="session")
def api(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The real service with a linear regression on feature1, feature2 and feature3."""
    data = pd.DataFrame(np.random.default_rng(5).normal(size=(50, 3)), columns=["feature1", "feature2", "feature3"])
    model = LinearRegression().fit(data, data.to_numpy() @ np.array([1.0, 2.0, 3.0]))
    with warnings.catch_warnings():
        # MLflow's client uses what pandas 3 deprecates, which is not under test here.
        warnings.simplefilter("ignore", pd.errors.Pandas4Warning)
        signature = infer_signature(data, model.predict(data))
        register(mlflow_server, MODEL, model, signature=signature, input_example=data[:1])
    values = {"MLFLOW_TRACKING_URI": mlflow_server, "REGISTERED_MODEL_NAME": MODEL}
    service = start_service(tmp_path_factory.mktemp("api-under-load"), values)
    service.wait_ready()
    yield service
    service.stop()


@pytest.fixture
def predictions(api: Service) -> Callable[[], int]:
    """How many predictions the API itself has counted."""

    def count() -> int:
        metrics = api.client.get("/metrics").text
        found = re.search(r'^inference_requests_total\{route="/predict",status="200"\} (\S+)$', metrics, re.MULTILINE)
        return int(float(found[1])) if found else 0

    return count
