"""MLflow: the host names that it answers, its users, and the alias that the API follows."""

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
_TRUE_WORDS = frozenset({"true", "1", "yes", "on"})
STARTING = note(
    "mlflow-starting",
    "MLflow arranca todavía.",
    "Hasta que conteste no hay modelo nuevo; el primer arranque tarda medio minuto.",
    "Espera, y repite make doctor",
)


def find_mlflow_problems(installation: Installation) -> Iterator[Finding]:
    """Refused host names, then refused users, then a missing alias."""
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
    users = list(_user_problems(project, port))
    yield from users
    if not users:
        yield from _alias_problems(installation, project, port)


def _public_hosts(project: ComposeProject, port: PublishedPort) -> list[str]:
    """The names with which browsers of people come, according to the settings of now."""
    allowed = project.environment("mlflow").get("MLFLOW_SERVER_ALLOWED_HOSTS", "")
    hosts = [host.strip() for host in allowed.split(",")]
    return list(dict.fromkeys(host for host in hosts if host.endswith(f":{port.port}"))) or [f"localhost:{port.port}"]


def _users(project: ComposeProject) -> dict[str, tuple[str, str]]:
    """Name and password of each user of `.env`, by the variable of its password; none without a password."""
    given = project.environment("mlflow")
    names = {"MLFLOW_TRACKING_PASSWORD": "MLFLOW_TRACKING_USERNAME", "MLFLOW_API_PASSWORD": "MLFLOW_API_USERNAME"}
    return {key: (given.get(name, ""), given[key]) for key, name in names.items() if given.get(key)}


def _user_problems(project: ComposeProject, port: PublishedPort) -> Iterator[Finding]:
    host = f"localhost:{port.port}"
    open_to_all = request(port.local_address, port.port, _SEARCH, host=host)
    if open_to_all is None:
        return
    if open_to_all.status != http.HTTPStatus.UNAUTHORIZED:
        if project.environment("mlflow").get("MLFLOW_AUTH", "").lower() in _TRUE_WORDS:
            yield fault(
                "mlflow-without-users",
                "MLflow responde sin pedir usuario, aunque MLFLOW_AUTH es true.",
                "Corre todavía con los valores de antes: quien llega a él decide lo que la API responde.",
                f"{COMPOSE} up -d --build",
            )
        return
    users = _users(project)
    if not users:
        yield fault(
            "mlflow-login",
            "MLflow pide usuario, y en .env no hay contraseña.",
            "La API sigue con el modelo que tiene, y no entra ninguno nuevo.",
            f"{COMPOSE} up -d lo arranca sin usuarios; con MLFLOW_AUTH=true y contraseñas en .env, con ellas",
        )
    for variable, user in users.items():
        answer = request(port.local_address, port.port, _SEARCH, host=host, user=user)
        if answer is not None and answer.status == http.HTTPStatus.UNAUTHORIZED:
            yield fault(
                "mlflow-login",
                f"MLflow responde 401 al usuario {user[0]}: no tiene la contraseña de {variable}.",
                "Quien entra con ella no puede: "
                + ("la API, que sigue con su modelo." if "API" in variable else "la gente y el entrenador."),
                f"{COMPOSE} up -d da a los usuarios de MLflow las contraseñas de .env",
            )


def _alias_problems(installation: Installation, project: ComposeProject, port: PublishedPort) -> Iterator[Finding]:
    given = project.environment("fastapi-app")
    if given.get("MLFLOW_TRACKING_URI") != STACK_MLFLOW:
        return  # the API asks another MLflow
    name, alias = given.get("REGISTERED_MODEL_NAME", ""), given.get("MODEL_ALIAS", "")
    query = urlencode({"name": name, "alias": alias})
    user = _users(project).get("MLFLOW_API_PASSWORD")
    answer = request(port.local_address, port.port, f"{_ALIAS}{query}", host=f"localhost:{port.port}", user=user)
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
