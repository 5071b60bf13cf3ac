"""Who takes part, and how each is started with the fastest settings that its documentation knows for one core."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import dialects
from benchmarks.dialects import Dialect
from benchmarks.place import ROOT, Place


@dataclass(frozen=True, slots=True)
class Launch:
    """What to run.

    Attributes:
        command: The command line.
        folder: Where.
        variables: Beside those that every server gets.
    """

    command: tuple[str, ...]
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    """One participant.

    Attributes:
        name: On the command line and in the results.
        title: In the report.
        settings: How it runs, for the report.
        launch: Its command for a place.
        single: How to ask for one row.
        batch: How to ask for many; None when it has no such endpoint.
        environment: The list in `peers/` that its environment is made from; None for the project's own.
        ready: A path that answers 200 once the model serves.
        constant: Whether it knows no model: a limit, measured once.
    """

    name: str
    title: str
    settings: str
    launch: Callable[[Place], Launch]
    single: Dialect
    batch: Dialect | None = None
    environment: str | None = None
    ready: str = "/ready"
    constant: bool = False


def _ours(place: Place, *, fast_lane: bool) -> Launch:
    variables = {
        "FAST_LANE": str(fast_lane).lower(),
        "HOST": "127.0.0.1",
        "PORT": str(place.port),
        "MODEL_CACHE_DIR": str(place.folder / "cache"),
        "MLFLOW_TRACKING_URI": place.registry,
        "REGISTERED_MODEL_NAME": place.model.name,
    }
    return Launch((place.python, "-m", "src"), ROOT / "inference_api", variables)


def _fastapi(place: Place) -> Launch:
    options = ("--host", "127.0.0.1", "--port", str(place.port), "--no-access-log")
    return Launch((str(place.programs / "uvicorn"), "plain_fastapi:app", *options), _PEERS, place.files)


def _mlflow(place: Place) -> Launch:
    options = ("--env-manager", "local", "--host", "127.0.0.1", "--port", str(place.port), "--workers", "1")
    command = (place.python, "-m", "mlflow", "models", "serve", "--model-uri", str(place.model.mlflow), *options)
    # It starts the `uvicorn` that it finds, which takes its options from the environment too.
    variables = {"PATH": f"{place.programs}:/usr/bin:/bin", "UVICORN_ACCESS_LOG": "false"}
    return Launch(command, place.folder, variables)


def _mlserver(place: Place) -> Launch:
    settings = {
        "host": "127.0.0.1",
        "http_port": place.port,
        "grpc_port": place.second_port,
        "metrics_endpoint": None,
        "parallel_workers": 0,
        "debug": False,
    }
    model = {
        "name": "model",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": str(place.model.joblib)},
    }
    (place.folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    (place.folder / "model-settings.json").write_text(json.dumps(model), encoding="utf-8")
    return Launch((str(place.programs / "mlserver"), "start", str(place.folder)), place.folder)


def _bentoml(place: Place) -> Launch:
    options = ("--host", "127.0.0.1", "--port", str(place.port))
    variables = {**place.files, "BENTOML_HOME": str(place.folder)}
    return Launch((str(place.programs / "bentoml"), "serve", "bentoml_service:Model", *options), _PEERS, variables)


def _litserve(place: Place) -> Launch:
    return Launch((place.python, "litserve_service.py", str(place.port)), _PEERS, place.files)


def _limit(module: str) -> Callable[[Place], Launch]:
    return lambda place: Launch((place.python, "-m", f"benchmarks.limits.{module}", str(place.port)), ROOT)


_PEERS = ROOT / "benchmarks" / "peers"

SERVERS: dict[str, Server] = {
    server.name: server
    for server in (
        Server(
            "lane",
            "Esta API, vía rápida",
            "`FAST_LANE=true python -m src`, lo demás por defecto",
            lambda place: _ours(place, fast_lane=True),
            dialects.OURS,
            dialects.OURS_BATCH,
        ),
        Server(
            "route",
            "Esta API, ruta de FastAPI",
            "`FAST_LANE=false python -m src`, lo demás por defecto",
            lambda place: _ours(place, fast_lane=False),
            dialects.OURS,
            dialects.OURS_BATCH,
        ),
        Server(
            "fastapi",
            "FastAPI como se escribe siempre",
            "modelo de pydantic, endpoint `def`, `mlflow.pyfunc` sobre un DataFrame; uvicorn con uvloop y httptools, "
            "sin registro de accesos",
            _fastapi,
            dialects.OURS,
            environment="fastapi",
        ),
        Server(
            "mlflow",
            "`mlflow models serve`",
            "`--env-manager local --workers 1`, sin registro de accesos; `dataframe_split`",
            _mlflow,
            dialects.MLFLOW,
            dialects.MLFLOW,
            environment="mlflow",
            ready="/ping",
        ),
        Server(
            "mlserver",
            "MLServer (sklearn)",
            "`parallel_workers: 0`, `metrics_endpoint: null`; protocolo V2 por REST",
            _mlserver,
            dialects.V2,
            dialects.V2,
            environment="mlserver",
            ready="/v2/models/model/ready",
        ),
        Server(
            "bentoml",
            "BentoML",
            "`batchable`, `max_batch_size=512`, un `worker`, sin métricas ni registro de accesos",
            _bentoml,
            dialects.BENTO,
            dialects.BENTO,
            environment="bentoml",
            ready="/readyz",
        ),
        Server(
            "litserve",
            "LitServe",
            "`max_batch_size=64`, `batch_timeout=0.001`, `fast_queue=True`, un `worker`",
            _litserve,
            dialects.OURS,
            environment="litserve",
            ready="/health",
        ),
        Server(
            "httptools",
            "Límite: Protocol de httptools y uvloop, constante",
            "sin modelo: responde siempre lo mismo",
            _limit("httptools_constant"),
            dialects.OURS,
            ready="/",
            constant=True,
        ),
        Server(
            "asgi",
            "Límite: ASGI sobre uvicorn, constante",
            "sin modelo ni framework: responde siempre lo mismo",
            _limit("asgi_constant"),
            dialects.OURS,
            ready="/",
            constant=True,
        ),
    )
}
BEST_PEER = "mlserver"
