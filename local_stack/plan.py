"""The programs of the stack: command, folder, environment and log of each."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local_stack.settings import Settings

# The first start creates MLflow's tables and compiles every module: minutes on a slow disk.
PATIENCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Program:
    """One process to start."""

    name: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    log: Path


def mlflow_server(settings: Settings, libraries: Path | None = None) -> Program:
    """MLflow on SQLite; clients reach the artifacts only through it, as in the Compose stack.

    Args:
        settings: The settings of this run.
        libraries: Folder to import MLflow from, if its own path cannot be used.
    """
    # Relative paths: a folder name with a `?` or `%` would change the meaning of a database URL.
    command = (
        *("server", "--host", "127.0.0.1", "--port", str(settings.mlflow_port), "--workers", "1"),
        *("--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", "artifacts"),
    )
    # The job executor adds a dozen processes that nothing here needs.
    changes = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    if libraries is not None:
        own = settings.environment.get("PYTHONPATH")
        changes["PYTHONPATH"] = os.pathsep.join(filter(None, (str(libraries), own)))
    # In the project's root the folder mlflow/ would be on its import path.
    return _program(settings, "mlflow", ("mlflow", *command), settings.home, changes)


def trainer(settings: Settings) -> Program:
    """Train and register the reference model, unless a model is registered already."""
    command = ("src.service.training_standalone", "--skip-if-registered", "--wait", str(PATIENCE_SECONDS))
    return _program(settings, "trainer", command, settings.root / "inference_api", {})


def api(settings: Settings) -> Program:
    """The inference API."""
    changes = {
        "HOST": settings.api_host,
        "PORT": str(settings.api_port),
        "MODEL_CACHE_DIR": str(settings.home / "model-cache"),
        "PAGES_LINKS": f"MLflow=127.0.0.1:{settings.mlflow_port}@127.0.0.1:{settings.mlflow_port}",
        "PREDICTION_LOG_DIR": str(settings.home / "prediction-log"),
    }
    return _program(settings, "api", ("src",), settings.root / "inference_api", changes)


def _program(
    settings: Settings, name: str, module: tuple[str, ...], folder: Path, changes: Mapping[str, str]
) -> Program:
    # The stack has an MLflow of its own: settings for another (its registry, its experiment, its credentials) would
    # lead the trainer and the API to different places.
    inherited = {name: value for name, value in settings.environment.items() if not name.startswith("MLFLOW_")}
    # Requests to this machine must not go to a proxy. Most programs read only one spelling, the lower-case one if both
    # exist.
    direct = _with_loopback(settings.environment.get("no_proxy") or settings.environment.get("NO_PROXY"))
    common = {
        "MLFLOW_TRACKING_URI": settings.mlflow_url,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PYTHONUNBUFFERED": "1",
    }
    return Program(
        name=name,
        command=(sys.executable, "-m", *module),
        folder=folder,
        environment={**inherited, **common, **changes},
        log=settings.logs / f"{name}.log",
    )


def _with_loopback(hosts: str | None) -> str:
    # A star means every host only if it is the single entry.
    return "*" if hosts and hosts.strip() == "*" else ",".join(filter(None, (hosts, "127.0.0.1", "localhost")))
