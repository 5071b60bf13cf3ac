"""The containers: which are down, and the last words of what failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from doctor.compose_project import ComposeProject
from doctor.container import Container
from doctor.docker_client import COMPOSE, STACK_FILE
from doctor.finding import Finding, fault, note, warning
from doctor.installation import Installation

JOBS = frozenset({"create-minio-buckets", "mlflow-migrate", "model-trainer"})
"""Services that end with 0 when their work is done."""

MEMORY_VARIABLES: Mapping[str, str] = {
    "fastapi-app": "API_MEMORY_LIMIT",
    "gateway": "GATEWAY_MEMORY_LIMIT",
    "minio": "MINIO_MEMORY_LIMIT",
    "mlflow": "MLFLOW_MEMORY_LIMIT",
    "model-trainer": "TRAINER_MEMORY_LIMIT",
    "prometheus": "PROMETHEUS_MEMORY_LIMIT",
}
"""The variables of memory limits; the other services have fixed ones."""

_LAST_LINES = 5
_MANY_RESTARTS = 3
_RECENTLY = dt.timedelta(minutes=10)
_OOM_EXIT = 137


def find_container_problems(installation: Installation) -> Iterator[Finding]:
    """Names that others hold, containers that do not run, and settings that have changed since."""
    installation.require_engine()
    project = installation.require_project()
    yield from _taken_names(installation, project)
    if not installation.is_started:
        yield note(
            "not-started",
            "El stack no está en pie.",
            "Sin contenedores solo se comprueban la máquina, Docker y .env.",
            f"{COMPOSE} up --build -d",
        )
        return
    for container in installation.containers:
        yield from _problems(installation, container)
    yield from _absent(installation)
    yield from _outdated(installation)


def last_words(installation: Installation, container: str) -> str:
    """The last lines of a container's log, indented below a finding."""
    printed = installation.docker.run("logs", "--tail", str(_LAST_LINES), container)
    lines = [line.strip() for line in f"{printed.stdout}\n{printed.stderr}".splitlines() if line.strip()]
    return "".join(f"\n| {line[:300]}" for line in lines[-_LAST_LINES:])


def _taken_names(installation: Installation, project: ComposeProject) -> Iterator[Finding]:
    names = project.container_names()
    holders: dict[str, list[str]] = {}
    for container in installation.listed:
        if container.name in names and container.project != project.name:
            holders.setdefault(container.project, []).append(container.name)
    for origin, taken in holders.items():
        listed = " ".join(sorted(taken))
        yield fault(
            "name-taken",
            f"{f'El proyecto {origin}' if origin else 'Un contenedor suelto'} tiene estos nombres: {listed}.",
            "Docker no crea otro contenedor con el mismo nombre: `is already in use by container`.",
            f"docker compose -p {origin} down (conserva los datos)" if origin else f"docker rm -f {listed}",
        )


def _problems(installation: Installation, container: Container) -> Iterator[Finding]:
    name, service = container.name, container.service
    if container.oom_killed or (container.status == "restarting" and container.exit_code == _OOM_EXIT):
        limit = f", {container.memory_limit >> 20} MiB," if container.memory_limit else ""
        yield fault(
            "out-of-memory",
            f"A {name} lo mató su límite de memoria{limit} o la falta de memoria de la máquina.",
            "Vuelve a arrancar, y vuelve a morir con el mismo límite.",
            f"{_higher_limit(container)}. Si la máquina no tiene tanta, dale más, o a Docker Desktop",
        )
    elif container.status in {"restarting", "dead"} or (container.status == "exited" and container.exit_code):
        yield fault(
            "container-failed",
            f"{name} {_how_it_ended(container)}. Sus últimas palabras:{last_words(installation, name)}",
            f"Sin {service} no funciona lo que depende de él.",
            f"docker logs {name}, y cuando esté arreglado: {COMPOSE} up -d",
        )
    elif container.is_running and service in JOBS and container.restarts:
        # Docker starts a job that failed again, ten times; between two attempts it looks healthy.
        yield warning(
            "job-retries",
            f"{name} falló y se intenta otra vez ({container.restarts}). "
            f"Sus últimas palabras:{last_words(installation, name)}",
            "Quizá espera a otro servicio; si vuelve a fallar, el stack no termina de arrancar.",
            f"docker logs {name}",
        )
    elif container.status == "created" and container.error:
        yield fault(
            "container-not-started",
            f"Docker no pudo arrancar {name}: {container.error}",
            f"Sin {service} no funciona lo que depende de él.",
            f"{COMPOSE} up -d",
        )
    elif not container.is_running and service not in JOBS:
        yield fault(
            "container-stopped",
            f"{name} está parado ({container.status}).",
            f"Sin {service} no funciona lo que depende de él.",
            f"{COMPOSE} up -d",
        )
    elif container.health == "unhealthy" and service != "gateway":  # the check of the API says why
        words = f"\n| {container.health_output[:300]}" if container.health_output else ""
        yield fault(
            "container-unhealthy",
            f"{name} no pasa su comprobación de salud.{words or last_words(installation, name)}",
            f"{service} corre, pero no hace su trabajo.",
            f"docker logs {name}",
        )
    elif container.is_running and container.restarts >= _MANY_RESTARTS and _is_recent(container.started):
        yield warning(
            "container-restarts",
            f"{name} ha vuelto a arrancar {container.restarts} veces, la última hace menos de diez minutos.",
            "Algo lo mata, o espera a otro que no llega.",
            f"docker logs {name}",
        )


def _higher_limit(container: Container) -> str:
    if not container.memory_limit:
        return "No tiene límite"
    twice = f"{container.memory_limit >> 19}M"
    if variable := MEMORY_VARIABLES.get(container.service):
        return f"{variable}={twice} en .env, y {COMPOSE} up -d"
    return f"mem_limit: {twice} para {container.service} en {STACK_FILE}, y {COMPOSE} up -d"


def _is_recent(started: str) -> bool:
    # Python 3.9 reads no nanoseconds.
    try:
        moment = dt.datetime.fromisoformat(f"{started[:19]}+00:00")
    except ValueError:
        return False
    return dt.datetime.now(dt.timezone.utc) - moment < _RECENTLY


def _how_it_ended(container: Container) -> str:
    if container.status == "restarting":
        return f"termina una y otra vez, con código {container.exit_code}"
    return f"terminó con código {container.exit_code}"


def _absent(installation: Installation) -> Iterator[Finding]:
    missing = [service for service in installation.expected_services() if not installation.of(service)]
    if missing:
        yield fault(
            "container-missing",
            f"Faltan contenedores: {', '.join(sorted(missing))}.",
            "El stack está a medias.",
            f"{COMPOSE} up -d",
        )


def _outdated(installation: Installation) -> Iterator[Finding]:
    printed = installation.docker.compose("-f", STACK_FILE, "--profile", "*", "config", "--hash", "*")
    hashes = dict(line.split() for line in printed.stdout.splitlines() if len(line.split()) == 2)  # noqa: PLR2004 - a service and its hash
    changed = sorted(
        {
            container.service
            for container in installation.containers
            if container.service in hashes and container.config_hash not in {"", hashes[container.service]}
        }
    )
    if changed:
        yield note(
            "settings-changed",
            f"Con otros valores que los de ahora corren: {', '.join(changed)}.",
            "Lo que se cambia en .env, en la terminal o en el archivo de Compose solo cuenta tras otro `up`.",
            f"{COMPOSE} up -d",
        )
