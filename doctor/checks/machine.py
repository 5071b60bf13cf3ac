"""Cores, memory, disk and open files: what the stack asks for, and what there is."""

from __future__ import annotations

import contextlib
import re
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from doctor.compose_project import ComposeProject
from doctor.docker_client import COMPOSE
from doctor.finding import Finding, fault, warning
from doctor.installation import Installation

_MIB = 1 << 20
_GIB = 1 << 30
# MLflow 0.35 GiB, MySQL 0.28, MinIO 0.07, gateway, and the trainer for a minute.
_SERVERS_MEMORY = _GIB
_MIN_DISK = _GIB
# Images of 4 GiB, and what their construction needs in the meantime.
_BUILD_DISK = 8 * _GIB


def find_machine_problems(installation: Installation) -> Iterator[Finding]:
    """Limits that the machine cannot give, and scarce memory, disk and open files."""
    project = installation.project
    info: dict[str, Any] = {}
    if installation.engine.ok:
        info = installation.docker.read("info", "--format", "{{json .}}") or {}
    if project is not None:
        yield from _limit_problems(project, info)
        yield from _open_file_problems(installation, project)
        yield from _memory_problems(installation, project, info)
    yield from _disk_problems(installation, info)


def memory_bytes(text: object) -> int:
    """A memory limit of Compose in bytes: `536870912` or `512M`; 0 when it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?)i?b?", str(text).strip().lower())
    factor = {"": 1, "k": 1 << 10, "m": _MIB, "g": _GIB}
    return int(float(found[1]) * factor[found[2]]) if found else 0


def _resources(project: ComposeProject) -> tuple[dict[str, Any], dict[str, Any], int]:
    deploy = project.services.get("fastapi-app", {}).get("deploy") or {}
    given = deploy.get("resources") or {}
    return given.get("limits") or {}, given.get("reservations") or {}, int(deploy.get("replicas") or 1)


def _limit_problems(project: ComposeProject, info: dict[str, Any]) -> Iterator[Finding]:
    limits, reservations, _ = _resources(project)
    cores, wanted = int(info.get("NCPU") or 0), float(limits.get("cpus") or 0)
    if 0 < cores < wanted:
        yield fault(
            "cpu-limit",
            f"API_CPU_LIMIT={wanted:g}, y Docker tiene {cores} núcleos.",
            "Docker no crea un contenedor con más núcleos de los que hay.",
            f"En .env: API_CPU_LIMIT={cores} o menos; después: {COMPOSE} up -d",
        )
    limit, reserved = memory_bytes(limits.get("memory", 0)), memory_bytes(reservations.get("memory", 0))
    if 0 < limit < reserved:
        yield fault(
            "memory-limit",
            f"API_MEMORY_LIMIT ({limit // _MIB} MiB) es menor que API_MEMORY_RESERVATION ({reserved // _MIB} MiB).",
            "Docker no crea un contenedor con un límite menor que su reserva.",
            f"En .env: API_MEMORY_RESERVATION={limit // _MIB}M; después: {COMPOSE} up -d",
        )


def _open_file_problems(installation: Installation, project: ComposeProject) -> Iterator[Finding]:
    if any(container.is_running for container in installation.of("gateway")):
        return  # it has them
    limit = (project.services.get("gateway", {}).get("ulimits") or {}).get("nofile") or {}
    wanted = int(limit.get("hard", 0) if isinstance(limit, dict) else limit)
    with contextlib.suppress(OSError):
        most = int(Path("/proc/sys/fs/nr_open").read_text())
        if wanted > most:
            yield fault(
                "open-files",
                f"NOFILE={wanted}, y el núcleo de esta máquina no permite más de {most} archivos abiertos.",
                "La API y la puerta no arrancan: `error setting rlimit`.",
                f"En .env: NOFILE={min(most, 20000)}; después: {COMPOSE} up -d",
            )
            return
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    # Docker may raise the limit of a container beyond that of this shell, unless it is in a container itself.
    if hard != resource.RLIM_INFINITY and wanted > hard:
        yield warning(
            "open-files",
            f"NOFILE={wanted}, y en esta terminal el límite es {hard} archivos abiertos (`ulimit -Hn`).",
            "Si el motor de Docker tiene el mismo, la API y la puerta no arrancan: `error setting rlimit`.",
            f"Si no arrancan, en .env: NOFILE={hard}; después: {COMPOSE} up -d",
        )


def _memory_problems(installation: Installation, project: ComposeProject, info: dict[str, Any]) -> Iterator[Finding]:
    limits, _, replicas = _resources(project)
    needed = _SERVERS_MEMORY + replicas * min(memory_bytes(limits.get("memory", 0)), _GIB // 4)
    total = int(info.get("MemTotal") or 0)
    if 0 < total < needed:
        yield warning(
            "memory-small",
            f"Docker tiene {total / _GIB:.1f} GiB de memoria, y el stack pide {needed / _GIB:.1f}.",
            "El núcleo matará al programa que más ocupe, como MySQL o MLflow.",
            "Dale más memoria a la máquina (con Docker Desktop: Settings → Resources), o usa menos réplicas",
        )
        return
    free = _available_memory()
    if not installation.is_started and 0 < free < needed:
        yield warning(
            "memory-scarce",
            f"Quedan {free / _GIB:.1f} GiB de memoria libres, y el stack pide {needed / _GIB:.1f}.",
            "El núcleo matará al programa que más ocupe, como MySQL o MLflow.",
            "Cierra otros programas antes de arrancar",
        )


def _available_memory() -> int:
    """The memory that programs can still take; 0 when the system does not say it."""
    with contextlib.suppress(OSError):
        found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        return int(found[1]) << 10 if found else 0
    return 0


def _disk_problems(installation: Installation, info: dict[str, Any]) -> Iterator[Finding]:
    # The folder of Docker is in a virtual machine with Docker Desktop.
    folders = {installation.root, Path(info.get("DockerRootDir") or installation.root)}
    needed = _MIN_DISK if installation.is_started or not info else _BUILD_DISK
    for folder in sorted(folders):
        try:
            free = shutil.disk_usage(folder).free
        except OSError:
            continue
        wanted = needed if info and folder != installation.root else _MIN_DISK
        if free < wanted:
            report = fault if free < _MIN_DISK // 4 else warning
            yield report(
                "disk-full",
                f"Quedan {free / _GIB:.1f} GiB de disco en {folder}, y hacen falta {wanted / _GIB:.0f}.",
                "Sin disco MySQL se para, MinIO no guarda modelos y las imágenes no se construyen.",
                "docker image prune y docker builder prune borran lo que Docker ya no usa",
            )
