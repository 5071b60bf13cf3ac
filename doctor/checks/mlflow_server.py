"""MLflow: the host names that it answers, and the alias that the API follows."""

from __future__ import annotations

import http
from collections.abc import Iterator
from urllib.parse import urlencode

from doctor.compose_project import STACK_MLFLOW, ComposeProject, PublishedPort
from doctor.docker_client import COMPOSE
from doctor.finding import Finding, NotCheckedError, fault, note, warning
from doctor.http_request import Answer, request
from doctor.installation import Installation

_SEARCH = "/api/2.0/mlflow/experiments/search?max_results=1"
_ALIAS = "/api/2.0/mlflow/registered-models/alias?"
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "mlflow"})
STARTING = note(
    "mlflow-starting",
    "MLflow arranca todavía.",
    "Hasta que conteste no hay modelo nuevo; el primer arranque tarda medio minuto.",
    "Espera, y repite make doctor",
)


def find_mlflow_problems(installation: Installation) -> Iterator[Finding]:
    """Refused host names, then a missing alias."""
    project = installation.require_project()
    container = installation.require_running("mlflow")
    port = project.port_of("mlflow")
    if port is None:
        raise NotCheckedError("MLflow no publica ningún puerto")
    hosts = _public_hosts(project, port)
    for host in hosts:
        answer = request(port.local_address, port.port, _SEARCH, host=host)
        if answer is None and container.health == "starting":
            yield STARTING
            return
        if answer is None:
            yield fault(
                "mlflow-silent",
                f"MLflow no contesta en {port.local_address}:{port.port}.",
                "La API sigue con el modelo que tiene, y no entra ninguno nuevo.",
                "docker logs mlflow_server",
            )
            return
        if answer.status == http.HTTPStatus.FORBIDDEN and "host header" in answer.text.lower():
            yield fault(
                "mlflow-host",
                f"MLflow responde 403 a http://{host}: Invalid Host header.",
                "Corre con otro PUBLIC_HOST o MLFLOW_PORT que los de ahora, y rechaza los nombres que no conoce.",
                f"{COMPOSE} up -d mlflow",
            )
    if port.is_open and all(host.rpartition(":")[0] in _LOCAL_NAMES for host in hosts):
        yield warning(
            "mlflow-public-host",
            f"MLflow está abierto a la red ({port.address}:{port.port}), y PUBLIC_HOST es localhost.",
            "Responde 403 (Invalid Host header) a quien escribe el nombre o la IP de esta máquina.",
            f"En .env: PUBLIC_HOST= con ese nombre o esa IP; después: {COMPOSE} up -d",
        )
    yield from _alias_problems(installation, project, port)


def _public_hosts(project: ComposeProject, port: PublishedPort) -> list[str]:
    """The names with which browsers of people come, according to the settings of now."""
    allowed = project.environment("mlflow").get("MLFLOW_SERVER_ALLOWED_HOSTS", "")
    hosts = [host.strip() for host in allowed.split(",")]
    return list(dict.fromkeys(host for host in hosts if host.endswith(f":{port.port}"))) or [f"localhost:{port.port}"]


def _alias_problems(installation: Installation, project: ComposeProject, port: PublishedPort) -> Iterator[Finding]:
    given = project.environment("fastapi-app")
    if given.get("MLFLOW_TRACKING_URI") != STACK_MLFLOW:
        return  # the API asks another MLflow
    name, alias = given.get("REGISTERED_MODEL_NAME", ""), given.get("MODEL_ALIAS", "")
    query = urlencode({"name": name, "alias": alias})
    answer = request(port.local_address, port.port, f"{_ALIAS}{query}", host=f"localhost:{port.port}")
    if answer is None or answer.status == http.HTTPStatus.OK or not _is_absent(answer):
        return
    if any(container.is_running for container in installation.of("model-trainer")):
        yield note(
            "training",
            "El entrenador trabaja todavía: aún no hay modelo.",
            "La API responde 503 hasta que termine.",
            "docker logs -f model_trainer",
        )
        return
    yield fault(
        "alias-missing",
        f"Ninguna versión del modelo {name} tiene el alias {alias}: {answer.document.get('message', '')}",
        "La API sirve la versión que tiene ese alias; sin ella no hay modelo nuevo.",
        f"docker logs model_trainer dice si falló; {COMPOSE} run --rm model-trainer --force registra otra versión",
    )


def _is_absent(answer: Answer) -> bool:
    # MLflow answers 400 for an alias that no version has, and 404 for a model without versions.
    return answer.document.get("error_code") in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}
