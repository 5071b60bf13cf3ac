"""Docker's engine and Compose: there, answering, and recent enough."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from typing import Any

from doctor.checks.env_file import explain_unreadable
from doctor.finding import Finding, fault, note, warning
from doctor.installation import Installation
from doctor.local_run import find_local_run

MIN_ENGINE = (20, 10)
MIN_COMPOSE = (2,)
_INSTALL = "https://docs.docker.com/engine/install/ (sin Docker: make run)"
_STACK_NEEDS_IT = "El stack corre en contenedores: sin motor no arranca nada con Docker."


def find_engine_problems(installation: Installation) -> Iterator[Finding]:
    """Problems of the engine, then of Compose."""
    problem = _engine_problem(installation)
    if problem is not None:
        yield problem
    if installation.engine.missing or installation.engine.timed_out:
        return
    printed = installation.docker.compose("version", "--short")
    if not printed.ok:
        yield fault(
            "compose-missing",
            f"Compose no está instalado: {printed.reason}",
            "El stack se describe en archivos de Compose 2.",
            "sudo apt install docker-compose-plugin, o https://docs.docker.com/compose/install/linux/",
        )
    elif version_of(printed.stdout) < MIN_COMPOSE:
        yield fault(
            "compose-old",
            f"Compose es {printed.stdout.strip()}, y hace falta 2 o posterior.",
            "Compose 1 no entiende estos archivos.",
            "https://docs.docker.com/compose/install/linux/",
        )
    elif not installation.configured.ok:
        yield explain_unreadable(installation)


def version_of(text: str) -> tuple[int, ...]:
    """The numbers of a version such as `v2.40.3-3`; (0,) without any."""
    found = re.search(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found.group().split(".")) if found else (0,)


def _engine_problem(installation: Installation) -> Finding | None:
    printed = installation.engine
    if printed.ok:
        return _version_problem(printed.stdout)
    if printed.missing:
        # Who uses `make run` needs no Docker.
        report = note if find_local_run(installation.root, installation.environment) else fault
        return report("docker-missing", "Docker no está instalado.", _STACK_NEEDS_IT, _INSTALL)
    if printed.timed_out:
        return fault("docker-hangs", f"El motor de Docker no contesta: {printed.reason}.", _STACK_NEEDS_IT, _restart())
    if "permission denied" in printed.stderr.lower():
        return fault(
            "docker-forbidden",
            f"Este usuario no puede usar Docker: {printed.reason}",
            _STACK_NEEDS_IT,
            'sudo usermod -aG docker "$USER", y vuelve a entrar en la sesión',
        )
    return fault("docker-stopped", f"El motor de Docker no responde: {printed.reason}", _STACK_NEEDS_IT, _restart())


def _version_problem(text: str) -> Finding | None:
    try:
        server: dict[str, Any] = json.loads(text).get("Server") or {}
    except (ValueError, AttributeError):  # a client that is not Docker's
        return None
    version = str(server.get("Version", ""))
    # Versions of development builds are no numbers.
    if version_of(version) in {(0,), (0, 0, 0)} or version_of(version)[:2] >= MIN_ENGINE:
        return None
    return warning(
        "docker-old",
        f"El motor de Docker es {version}, y se prueba con 20.10 o posterior.",
        "Con uno anterior las imágenes pueden no construirse.",
        _INSTALL,
    )


def _restart() -> str:
    if shutil.which("systemctl"):
        return "sudo systemctl restart docker (con Docker Desktop: ábrelo y espera a que arranque)"
    return "Abre Docker Desktop y espera a que arranque; en Linux sin systemd: sudo service docker start"
