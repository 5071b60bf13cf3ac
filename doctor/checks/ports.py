"""The ports that the stack publishes, and who holds them."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

from doctor.compose_project import PublishedPort
from doctor.docker_client import COMPOSE
from doctor.finding import Finding, fault, note
from doctor.installation import Installation
from doctor.local_run import find_local_run
from doctor.processes import Process, ancestors_of, find_listener

_LOOK_AHEAD = 100
_WHY = "Sin ese puerto el contenedor no arranca."


def find_port_problems(installation: Installation) -> Iterator[Finding]:
    """Ports that two services want, that another program holds, or that are not of this machine."""
    project = installation.require_project()
    load = installation.load_project
    expected = set(installation.expected_services())
    ports = [port for port in project.ports() if port.service in expected]
    ports += load.ports() if load else ()
    projects = {project.name, *([load.name] if load else ())}
    seen: dict[int, PublishedPort] = {}
    for port in ports:
        if port.port in seen:
            yield fault(
                "port-twice",
                f"{seen[port.port].variable} y {port.variable} son el mismo puerto: {port.port}.",
                "Solo uno de los dos servicios puede tenerlo.",
                f"En .env: {port.variable}={free_port_after(port, set(seen))}",
            )
            continue
        seen[port.port] = port
        yield from _problem(installation, port, projects, {other.port for other in ports})


def bind_error(address: str, port: int) -> int:
    """The number of the error with which the port cannot be bound now; 0 if it can."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        # Connections in TIME_WAIT do not block a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen()
        except OSError as error:
            return error.errno or errno.EADDRINUSE
    return 0


def free_port_after(port: PublishedPort, reserved: set[int]) -> int:
    """A free port above the given one."""
    first = max(port.port, 1023) + 1
    for candidate in range(first, min(first + _LOOK_AHEAD, 65536)):
        if candidate not in reserved and not bind_error(port.address, candidate):
            return candidate
    return 0


def _problem(
    installation: Installation, port: PublishedPort, projects: set[str], reserved: set[int]
) -> Iterator[Finding]:
    error = bind_error(port.address, port.port)
    if error == errno.EADDRNOTAVAIL:
        yield fault(
            "address-foreign",
            f"{port.address}, donde debe escuchar {port.service}, no es una dirección de esta máquina.",
            _WHY,
            "En .env: PAGES_BIND=127.0.0.1, o 0.0.0.0 para abrir las páginas a la red",
        )
    if error != errno.EADDRINUSE:
        return  # free, or a low port, which Docker may bind and this user may not
    holders = [container for container in installation.listed if container.publishes(port.port)]
    if any(container.project in projects for container in holders):
        return
    other = f"{port.variable}={free_port_after(port, reserved)} {COMPOSE} up -d"
    if holders:
        yield fault(
            "port-taken",
            f"El puerto {port.port} ({port.variable}) lo tiene el contenedor {holders[0].name}.",
            _WHY,
            f"docker stop {holders[0].name}, o con otro puerto: {other}",
        )
        return
    process = find_listener(port.port)
    local = find_local_run(installation.root, installation.environment)
    if process and local and local.pid and local.pid in ancestors_of(process.pid):
        yield note(
            "port-of-make-run",
            f"El puerto {port.port} ({port.variable}) lo tiene make run.",
            "El stack de Compose y make run no caben a la vez en los mismos puertos.",
            f"Ctrl-C en su terminal, o con otro puerto: {other}",
        )
        return
    yield fault(
        "port-taken",
        f"El puerto {port.port} ({port.variable}) lo tiene {_described(process, port.port)}.",
        _WHY,
        f"Termínalo, o con otro puerto: {other}",
    )


def _described(process: Process | None, port: int) -> str:
    if process is None:
        return f"un proceso de otro usuario (para saber cuál: sudo lsof -i :{port})"
    if "docker-proxy" in process.command:
        return f"un contenedor (para saber cuál: docker ps --filter publish={port})"
    return str(process)
