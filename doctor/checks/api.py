"""The API through its gateway: whether it is ready, and what it says of its model."""

from __future__ import annotations

import dataclasses
import http
from collections.abc import Iterator

from doctor.docker_client import COMPOSE
from doctor.finding import Finding, Level, NotCheckedError, fault, note, warning
from doctor.http_request import Answer, request
from doctor.installation import Installation

_LOGIN_REFUSED = "answered 401"
_SAME_PASSWORDS = f"{COMPOSE} up -d da a los dos la contraseña de .env (MLFLOW_API_PASSWORD)"
_NO_MODEL = "Mientras tanto POST /predict responde 503."
# Words of the answers of /ready, in the order in which they are looked for.
REASONS: tuple[tuple[str, str, str], ...] = (
    ("is being loaded", "La versión se descarga y se comprueba.", "Espera, y repite make doctor"),
    (
        "no replica of the API is running",
        "La puerta no encuentra ninguna réplica.",
        f"{COMPOSE} logs fastapi-app",
    ),
    (
        "no version of the model",
        "El entrenador no ha terminado, o falló.",
        f"docker logs model_trainer; {COMPOSE} run --rm model-trainer --force registra otra versión",
    ),
    (_LOGIN_REFUSED, "MLflow no acepta el usuario de la API.", _SAME_PASSWORDS),
    ("asked through the proxy", "Un proxy está entre la API y MLflow.", "Añade a NO_PROXY, en .env, el servidor"),
    ("does not answer", "MLflow no contesta; la API sigue intentándolo sola.", "docker logs mlflow_server"),
    (
        "the fetch was killed",
        "La versión no cabe en la memoria de la réplica mientras se comprueba.",
        f"API_MEMORY_LIMIT=512M {COMPOSE} up -d",
    ),
    (
        "hold no MLmodel file",
        "Los archivos de la versión no están: alguien los borró.",
        f"{COMPOSE} run --rm model-trainer --force entrena y registra otra",
    ),
    (
        "Failed to list artifacts",
        "Los archivos de la versión no están: alguien borró el bucket.",
        f"{COMPOSE} run --rm model-trainer --force lo crea otra vez y entrena",
    ),
)


def find_api_problems(installation: Installation) -> Iterator[Finding]:
    """The reason of `/ready`, then the warnings of `/model`."""
    project = installation.require_project()
    installation.require_running("gateway")
    port = project.port_of("gateway")
    if port is None:
        raise NotCheckedError("la puerta no publica ningún puerto")
    ready = request(port.local_address, port.port, "/ready")
    for finding in find_reasons(ready, f"{port.local_address}:{port.port}", "docker logs api_gateway"):
        # While MLflow starts or the model is trained, no model is what is expected.
        waits = finding.code == "api-not-ready" and _is_starting(installation)
        yield dataclasses.replace(finding, level=Level.NOTE) if waits else finding
    if ready is None:
        return
    tls = project.tls_port()
    if tls is None and project.environment("gateway").get("TLS_CERTIFICATE"):
        raise NotCheckedError("el modelo: API_TLS_PUBLISH no dice dónde está HTTPS")
    if tls is None:
        yield from find_model_problems(request(port.local_address, port.port, "/model"))
        return
    model = request(tls.local_address, tls.port, "/model", tls=True)
    if model is None:
        yield fault(
            "api-tls-silent",
            f"La API no contesta por HTTPS en {tls.local_address}:{tls.port}.",
            "HTTP lleva allí a sus clientes, y nadie puede predecir.",
            f"docker logs api_gateway; {COMPOSE} up -d",
        )
    yield from find_model_problems(model)


def _is_starting(installation: Installation) -> bool:
    return any(container.health == "starting" for container in installation.of("mlflow")) or any(
        container.is_running for container in installation.of("model-trainer")
    )


def find_reasons(ready: Answer | None, address: str, log: str) -> Iterator[Finding]:
    """What an answer of `/ready` means.

    Args:
        ready: The answer; None without one.
        address: Where it was asked.
        log: The command that shows the log of the server.

    Raises:
        NotCheckedError: The answer leads to another address.
    """
    if ready is None:
        yield fault("api-silent", f"La API no contesta en {address}.", "Nadie puede predecir.", log)
        return
    if ready.status == http.HTTPStatus.OK:
        return
    if http.HTTPStatus.MULTIPLE_CHOICES <= ready.status < http.HTTPStatus.BAD_REQUEST:
        raise NotCheckedError(f"{address} lleva a otra dirección, como HTTPS")
    detail = str(ready.document.get("detail") or ready.text[:200])
    for words, why, remedy in REASONS:
        if words in detail:
            report = note if words == REASONS[0][0] else fault
            yield report("api-not-ready", f"La API no está lista: {detail}", f"{why} {_NO_MODEL}", remedy)
            return
    yield fault("api-not-ready", f"La API no está lista ({ready.status}): {detail}", _NO_MODEL, log)


def find_model_problems(model: Answer | None) -> Iterator[Finding]:
    """The warnings of `/model`, such as other versions of scikit-learn, and the refusal of a new version.

    Raises:
        NotCheckedError: It needs an API key.
    """
    if model is not None and model.status == http.HTTPStatus.UNAUTHORIZED:
        raise NotCheckedError("/model pide una clave de API (API_KEYS_FOR=all)")
    about = model.document if model is not None and model.status == http.HTTPStatus.OK else {}
    for text in about.get("warnings") or ():
        yield warning(
            "model-warning",
            f"La API avisa de su modelo: {text}",
            "Sirve, pero no como se esperaba; con otra versión de la biblioteca las predicciones pueden cambiar.",
            f"{COMPOSE} run --rm model-trainer --force entrena con la versión de la imagen",
        )
    error = about.get("last_reload_error") or {}
    if not about.get("ready") or not error:
        return
    serves = f"Sigue sirviendo la versión {about.get('version')}."
    if error.get("error") == "registry_unavailable":
        yield warning(
            "registry-unavailable",
            f"La API no pudo preguntar por el alias: {error.get('detail', '')}",
            f"{serves} Mientras tanto no entra otra.",
            _SAME_PASSWORDS
            if _LOGIN_REFUSED in str(error.get("detail"))
            else "Espera unos segundos y repite make doctor; si sigue: docker logs mlflow_server",
        )
        return
    yield warning(
        "model-refused",
        f"La versión nueva no entra: {error.get('detail', '')}",
        serves,
        "Registra otra versión que no tenga ese problema, o devuelve el alias a la anterior",
    )
