"""The command of each server, with the fastest settings for one core that its documentation has."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.place import ROOT, Place

_PEERS = ROOT / "benchmarks" / "peers"


@dataclass(frozen=True, slots=True)
class Launch:
    """A command to run.

    Attributes:
        command: The command line.
        folder: The working directory.
        variables: Environment variables, besides those that every server gets.
    """

    command: tuple[str, ...]
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)


def ours(place: Place, *, fast_lane: bool) -> Launch:
    """This API, started as in its image."""
    variables = {
        "FAST_LANE": str(fast_lane).lower(),
        "HOST": "127.0.0.1",
        "PORT": str(place.port),
        "MODEL_CACHE_DIR": str(place.folder / "cache"),
        "MLFLOW_TRACKING_URI": place.registry,
        "REGISTERED_MODEL_NAME": place.model.name,
    }
    return Launch((place.python, "-m", "src"), ROOT / "inference_api", variables)


def fastapi(place: Place) -> Launch:
    """FastAPI used in the most common way."""
    options = ("--host", "127.0.0.1", "--port", str(place.port), "--no-access-log")
    return Launch((str(place.programs / "uvicorn"), "plain_fastapi:app", *options), _PEERS, place.files)


def mlflow(place: Place) -> Launch:
    """`mlflow models serve` on one worker."""
    options = ("--env-manager", "local", "--host", "127.0.0.1", "--port", str(place.port), "--workers", "1")
    command = (place.python, "-m", "mlflow", "models", "serve", "--model-uri", str(place.model.mlflow), *options)
    # MLflow starts the `uvicorn` on PATH, which also reads its options from the environment.
    variables = {"PATH": f"{place.programs}:/usr/bin:/bin", "UVICORN_ACCESS_LOG": "false"}
    return Launch(command, place.folder, variables)


def mlserver(place: Place) -> Launch:
    """MLServer without its pool of processes and without metrics."""
    settings = {
        "host": "127.0.0.1",
        "http_port": place.port,
        "grpc_port": place.second_port,
        "metrics_endpoint": None,
        "parallel_workers": 0,
        "debug": False,
    }
    model = {
        "name": place.model.name,
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": str(place.model.joblib)},
        # Adaptive batching is off by default; with 64 connections a request then takes a third more CPU.
        "max_batch_size": 64,
        "max_batch_time": 0.001,
    }
    (place.folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (place.folder / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
    return Launch((str(place.programs / "mlserver"), "start", str(place.folder)), place.folder)


def bentoml(place: Place) -> Launch:
    """BentoML with the options of its service file."""
    options = ("--host", "127.0.0.1", "--port", str(place.port))
    variables = {**place.files, "BENTOML_HOME": str(place.folder)}
    return Launch((str(place.programs / "bentoml"), "serve", "bentoml_service:Model", *options), _PEERS, variables)


def litserve(place: Place) -> Launch:
    """LitServe with the options of its service file."""
    return Launch((place.python, "litserve_service.py", str(place.port)), _PEERS, place.files)


def limit(module: str) -> Callable[[Place], Launch]:
    """A server with a constant response."""
    return lambda place: Launch((place.python, "-m", f"benchmarks.limits.{module}", str(place.port)), ROOT)
