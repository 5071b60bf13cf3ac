"""Whether a port is free, and who has it if it is not."""

import errno
import shlex
import socket
from dataclasses import dataclass

import psutil

from local_stack.errors import NotStartedError

_LOOK_AHEAD = 100
_STRANGER = "un proceso de otro usuario"


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that listens on a port."""

    pid: int
    name: str
    command: str

    def __str__(self) -> str:
        """Everything a person needs to recognise it, or to stop it."""
        return f"{self.name} (PID {self.pid}): {self.command}"


@dataclass(frozen=True, slots=True)
class Door:
    """A port that the stack wants, and the variable that moves it."""

    host: str
    port: int
    variable: str


def find_owner(port: int) -> Owner | None:
    """Find who listens on the port among the processes that this user may look into."""
    for process in psutil.process_iter():
        try:
            # Asking each process works without privileges; the list of the whole machine needs them on macOS.
            if any(_listens(connection, port) for connection in process.net_connections(kind="tcp")):
                return Owner(process.pid, process.name(), shlex.join(process.cmdline()) or process.name())
        except psutil.Error:  # ended meanwhile, or belongs to someone else
            continue
    return None


def require_free(doors: list[Door]) -> None:
    """Stop with one sentence per taken port and the command that avoids them all."""
    problems = []
    changes = []
    reserved = {door.port for door in doors}
    for door in doors:
        problem = _problem(door)
        if problem:
            problems.append(problem)
            substitute = _free_port_after(door, reserved)
            reserved.add(substitute)
            changes.append(f"{door.variable}={substitute}")
    if problems:
        # Docker's proxies belong to root: whoever may not see them reads of another user's process.
        if any("docker" in problem or _STRANGER in problem for problem in problems):
            problems.append("Si es el stack de Compose: docker compose -f docker-compose-api.yml down")
        raise NotStartedError("\n".join([*problems, f"Con otros puertos: make run {' '.join(changes)}"]))


def _problem(door: Door) -> str | None:
    error = _bind_error(door.host, door.port)
    if error is None:
        return None
    if error.errno == errno.EACCES:
        return f"El puerto {door.port} ({door.variable}) no está permitido para este usuario."
    if error.errno != errno.EADDRINUSE:
        return f"No se puede escuchar en {door.host}:{door.port} ({door.variable}): {error.strerror}."
    owner = find_owner(door.port)
    return f"El puerto {door.port} ({door.variable}) está ocupado por {owner or _how_to_find_out(door.port)}"


def _how_to_find_out(port: int) -> str:
    return f"{_STRANGER}. Para saber cuál: sudo lsof -i :{port}"


def _listens(connection: object, port: int) -> bool:
    address = getattr(connection, "laddr", None)
    return getattr(connection, "status", "") == psutil.CONN_LISTEN and getattr(address, "port", None) == port


def _bind_error(host: str, port: int) -> OSError | None:
    with socket.socket() as probe:
        # As uvicorn does: connections that are still closing do not take a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def _free_port_after(door: Door, reserved: set[int]) -> int:
    first = max(door.port, 1023) + 1
    for port in range(first, min(first + _LOOK_AHEAD, 65536)):
        if port not in reserved and _bind_error(door.host, port) is None:
            return port
    return 0
