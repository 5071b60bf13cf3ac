"""The servers that are measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import launches, request_formats
from benchmarks.launches import Launch
from benchmarks.place import Place
from benchmarks.request_formats import RequestFormat


@dataclass(frozen=True, slots=True)
class Server:
    """One server of the comparison.

    Attributes:
        name: Its name on the command line and in the results.
        title: Its name in the report.
        settings: A text about its settings for the report.
        launch: Returns its command for a place.
        single: The format of requests with one row.
        batch: The format of requests with several rows; None when it has no such endpoint.
        environment: The list in `peers/` with the packages of its environment; None for the project's own.
        ready: A path that answers 200 when the model is ready; `{model}` is the model's name.
        constant: Whether its response is a constant, which is measured for one model only.
    """

    name: str
    title: str
    settings: str
    launch: Callable[[Place], Launch]
    single: RequestFormat
    batch: RequestFormat | None = None
    environment: str | None = None
    ready: str = "/ready"
    constant: bool = False


SERVERS: dict[str, Server] = {
    server.name: server
    for server in (
        Server(
            "lane",
            "Esta API, vía rápida",
            "`FAST_LANE=true python -m src`, lo demás por defecto",
            lambda place: launches.ours(place, fast_lane=True),
            request_formats.OURS,
            request_formats.OURS_BATCH,
        ),
        Server(
            "route",
            "Esta API, ruta de FastAPI",
            "`FAST_LANE=false python -m src`, lo demás por defecto",
            lambda place: launches.ours(place, fast_lane=False),
            request_formats.OURS,
            request_formats.OURS_BATCH,
        ),
        Server(
            "lane-v2",
            "Esta API, vía rápida, protocolo V2",
            "como la vía rápida; las mismas peticiones que MLServer",
            lambda place: launches.ours(place, fast_lane=True),
            request_formats.V2,
            request_formats.V2,
        ),
        Server(
            "lane-invocations",
            "Esta API, vía rápida, `/invocations`",
            "como la vía rápida; las mismas peticiones que `mlflow models serve`",
            lambda place: launches.ours(place, fast_lane=True),
            request_formats.MLFLOW,
            request_formats.MLFLOW,
        ),
        Server(
            "fastapi",
            "FastAPI como se escribe siempre",
            "modelo de pydantic, endpoint `def`, `mlflow.pyfunc` sobre un DataFrame; uvicorn con uvloop y httptools, "
            "sin registro de accesos",
            launches.fastapi,
            request_formats.OURS,
            environment="fastapi",
        ),
        Server(
            "mlflow",
            "`mlflow models serve`",
            "`--env-manager local --workers 1`, sin registro de accesos; `dataframe_split`",
            launches.mlflow,
            request_formats.MLFLOW,
            request_formats.MLFLOW,
            environment="mlflow",
            ready="/ping",
        ),
        Server(
            "mlserver",
            "MLServer (sklearn)",
            "`parallel_workers: 0`, `metrics_endpoint: null`, `max_batch_size: 64`, `max_batch_time: 0.001`; "
            "protocolo V2 por REST",
            launches.mlserver,
            request_formats.V2,
            request_formats.V2,
            environment="mlserver",
            ready="/v2/models/{model}/ready",
        ),
        Server(
            "bentoml",
            "BentoML",
            "`batchable`, `max_batch_size=512`, un `worker`, sin métricas ni registro de accesos",
            launches.bentoml,
            request_formats.BENTO,
            request_formats.BENTO,
            environment="bentoml",
            ready="/readyz",
        ),
        Server(
            "litserve",
            "LitServe",
            "`max_batch_size=64`, `batch_timeout=0.001`, `fast_queue=True`, un `worker`",
            launches.litserve,
            request_formats.OURS,
            environment="litserve",
            ready="/health",
        ),
        Server(
            "httptools",
            "Límite: Protocol de httptools y uvloop, constante",
            "sin modelo: responde siempre lo mismo",
            launches.limit("httptools_constant"),
            request_formats.OURS,
            ready="/",
            constant=True,
        ),
        Server(
            "asgi",
            "Límite: ASGI sobre uvicorn, constante",
            "sin modelo ni framework: responde siempre lo mismo",
            launches.limit("asgi_constant"),
            request_formats.OURS,
            ready="/",
            constant=True,
        ),
    )
}
BEST_PEER = "mlserver"
