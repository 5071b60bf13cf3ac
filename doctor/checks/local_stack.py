"""`make run`, the stack without Docker: its folder, its ports, its programs."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from doctor.checks.api import find_model_problems, find_reasons
from doctor.checks.ports import bind_error
from doctor.finding import Finding, Level, NotCheckedError, fault, warning
from doctor.http_request import request
from doctor.installation import Installation
from doctor.local_run import LocalRun, find_local_run, is_writable
from doctor.processes import find_listener

_PROGRAMS = ("mlflow", "trainer", "api")
_LOOPBACK = "127.0.0.1"
_LAST_LINES = 3
# It starts all programs and trains a model meanwhile; without a first answer it ends by itself after five minutes.
_PATIENCE_SECONDS = 300
_PYTHONS = ("python3.13", "python3.12", "python3.11")
_SERIOUS = re.compile(r"\b(ERROR|CRITICAL)\b|^\w*Error\b")


def find_local_problems(installation: Installation) -> Iterator[Finding]:
    """Problems of a `make run` that runs, or of the next one."""
    local = find_local_run(installation.root, installation.environment)
    if local is None and installation.engine.ok:
        raise NotCheckedError("make run no se ha usado en esta carpeta")
    if local is not None and local.pid is not None:
        yield from _running_problems(local)
        return
    yield from _python_problems(installation.root)
    if local is not None:
        yield from _start_problems(local, installation)


def _running_problems(local: LocalRun) -> Iterator[Finding]:
    address = f"{_LOOPBACK}:{local.api_port}"
    ready = request(_LOOPBACK, local.api_port, "/ready")
    for finding in find_reasons(ready, address, f"cat {local.log('api')}"):
        # The remedies of the other stack are commands of Docker.
        words = "".join(_last_errors(local.log(program)) for program in _PROGRAMS)
        yield dataclasses.replace(
            finding,
            level=Level.NOTE if time.time() - local.started < _PATIENCE_SECONDS else finding.level,
            what=f"{finding.what}{words}",
            remedy=f"Si acaba de arrancar, espera. Sus registros están en {local.home / 'logs'}; Ctrl-C y make run "
            "empiezan otra vez sin perder los modelos",
        )
    if ready is not None:
        yield from find_model_problems(request(_LOOPBACK, local.api_port, "/model"))


def _last_errors(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        serious = [line.strip() for line in lines if _SERIOUS.search(line)]
        return "".join(f"\n| {log.name}: {line[:300]}" for line in serious[-_LAST_LINES:])
    return ""


def _python_problems(root: Path) -> Iterator[Finding]:
    # The installed environment has its own Python.
    if (root / ".venv/bin/python").exists() or any(shutil.which(name) for name in _PYTHONS):
        return
    yield warning(
        "python-old",
        "No hay Python 3.11 o posterior en el PATH.",
        "make run lo necesita (make doctor no).",
        "make run PYTHON=/ruta/a/python3.12; en Debian o Ubuntu: sudo apt install python3 python3-venv",
    )


def _start_problems(local: LocalRun, installation: Installation) -> Iterator[Finding]:
    if not is_writable(local.home):
        yield fault(
            "local-folder",
            f"No se puede escribir en {local.home}.",
            "make run guarda ahí los modelos y los registros.",
            f'sudo chown -R "$USER" {local.home}',
        )
    if installation.is_started:
        return  # the ports are those of the Compose stack
    for variable, port in (("API_PORT", local.api_port), ("MLFLOW_PORT", local.mlflow_port)):
        if bind_error(_LOOPBACK, port) == errno.EADDRINUSE:
            holder = find_listener(port) or f"otro proceso (para saber cuál: sudo lsof -i :{port})"
            yield warning(
                "local-port-taken",
                f"El puerto {port} ({variable}) de make run lo tiene {holder}.",
                "make run no arranca con un puerto ocupado.",
                f"Termínalo, o con otro puerto: make run {variable}={port + 1}",
            )
