"""Whether a port is free, and which process uses it if it is not."""

import errno
import shlex
import socket
from dataclasses import dataclass

import psutil

from local_stack.errors import NotStartedError

_LOOK_AHEAD = 100
_OTHER_USER = "un proceso de otro usuario"


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that listens on a port."""

    pid: int
    name: str
    command: str

    def __str__(self) -> str:
        """A description by which the user can recognise or stop the process."""
        return f"{self.name} (PID {self.pid}): {self.command}"


@dataclass(frozen=True, slots=True)
class PortBinding:
    """A port that the stack needs, and the variable that changes it."""

    host: str
    port: int
    variable: str


def find_owner(port: int) -> Owner | None:
    """Find the process that listens on the port, among those that this user may inspect."""
    for process in psutil.process_iter():
        try:
            # Inspecting each process works without privileges; the list for the whole machine needs them on macOS.
            if any(_listens(connection, port) for connection in process.net_connections(kind="tcp")):
                return Owner(process.pid, process.name(), shlex.join(process.cmdline()) or process.name())
        except psutil.Error:  # it has ended, or belongs to another user
            continue
    return None


def require_free(bindings: list[PortBinding]) -> None:
    """Raise an error with one sentence per taken port and the command that avoids them all."""
    problems = []
    changes = []
    reserved = {binding.port for binding in bindings}
    for binding in bindings:
        problem = _problem(binding)
        if problem:
            problems.append(problem)
            substitute = _free_port_after(binding, reserved)
            reserved.add(substitute)
            changes.append(f"{binding.variable}={substitute}")
    if problems:
        # Docker's proxies belong to root, so that other users only learn that it is another user's process.
        if any("docker" in problem or _OTHER_USER in problem for problem in problems):
            problems.append("Si es el stack de Compose: docker compose -f docker-compose-api.yml down")
        raise NotStartedError("\n".join([*problems, f"Con otros puertos: make run {' '.join(changes)}"]))


def _problem(binding: PortBinding) -> str | None:
    error = _bind_error(binding.host, binding.port)
    if error is None:
        return None
    if error.errno == errno.EACCES:
        return f"El puerto {binding.port} ({binding.variable}) no está permitido para este usuario."
    if error.errno != errno.EADDRINUSE:
        return f"No se puede escuchar en {binding.host}:{binding.port} ({binding.variable}): {error.strerror}."
    owner = find_owner(binding.port)
    return f"El puerto {binding.port} ({binding.variable}) está ocupado por {owner or _how_to_find_out(binding.port)}"


def _how_to_find_out(port: int) -> str:
    return f"{_OTHER_USER}. Para saber cuál: sudo lsof -i :{port}"


def _listens(connection: object, port: int) -> bool:
    address = getattr(connection, "laddr", None)
    return getattr(connection, "status", "") == psutil.CONN_LISTEN and getattr(address, "port", None) == port


def _bind_error(host: str, port: int) -> OSError | None:
    with socket.socket() as probe:
        # As uvicorn does: connections in TIME_WAIT do not block a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _free_port_after(binding: PortBinding, reserved: set[int]) -> int:
    first = max(binding.port, 1023) + 1
    for port in range(first, min(first + _LOOK_AHEAD, 65536)):
        if port not in reserved and _bind_error(binding.host, port) is None:
            return port
    return 0
