"""A local MLflow server for the whole run, on SQLite and a folder."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.console import say
from benchmarks.cores import Cores
from benchmarks.errors import BenchmarkError
from benchmarks.place import HOME, ROOT
from benchmarks.prepared import PreparedModel
from benchmarks.process import Process, quiet_environment, running
from benchmarks.target import free_port
from local_stack.probe import ask

_FOLDER = HOME / "registry"
_READY_SECONDS = 180
_PREPARE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Registry:
    """A running MLflow.

    Attributes:
        url: Its URL.
        folder: Its data and the prepared models.
        log: File with the output of the preparation of models.
    """

    url: str
    folder: Path

    def model(self, name: str) -> PreparedModel:
        """A prepared model; it is prepared at the first call.

        Raises:
            BenchmarkError: It cannot be prepared.
        """
        folder = self.folder / "models" / name
        found = PreparedModel.read(folder)
        if found is None:
            say(f"training and registering {name}")
            self._prepare(name, folder)
            found = PreparedModel.read(folder)
        if found is None:
            raise BenchmarkError(f"the model {name} was not prepared")
        return found

    def _prepare(self, name: str, folder: Path) -> None:
        environment = quiet_environment({"MLFLOW_TRACKING_URI": self.url, "OMP_NUM_THREADS": str(os.cpu_count() or 1)})
        command = [sys.executable, "-m", "benchmarks.preparation", name, str(folder)]
        done = subprocess.run(  # noqa: S603 - a module of this package
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=_PREPARE_SECONDS
        )
        if done.returncode:
            raise BenchmarkError(f"the model {name} cannot be prepared: {done.stderr.strip()[-1500:]}")


@contextlib.contextmanager
def serving(cores: Cores) -> Iterator[Registry]:
    """Run MLflow on the core of the load generator for as long as the block lasts."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = [
        *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        # Relative paths: a folder name with a `?` or `%` would change the meaning of a database URL.
        *("--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "artifacts"),
    ]
    environment = quiet_environment({"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})
    log = HOME / "logs" / "registry.log"
    with running(command, core=cores.load, log=log, folder=_FOLDER, environment=environment) as process:
        url = f"http://127.0.0.1:{port}"
        _await(process, url)
        yield Registry(url, _FOLDER)


def _await(process: Process, url: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.running:
        answer = ask(f"{url}/api/2.0/mlflow/experiments/search?max_results=1")
        if answer is not None and answer.status == 200:  # noqa: PLR2004 - a status of HTTP
            return
        time.sleep(0.1)
    raise BenchmarkError(f"MLflow does not start: {process.last_log_line()}")
