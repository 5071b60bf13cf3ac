"""The servers of one model: all are started, checked and paused, and then measured in turn."""

from __future__ import annotations

import contextlib
import http.client
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.console import say
from benchmarks.cores import Cores
from benchmarks.environments import programs_of
from benchmarks.errors import ServerFailedError
from benchmarks.place import HOME, Place
from benchmarks.prepared import BATCH_ROWS, PreparedModel
from benchmarks.process import Process, quiet_environment
from benchmarks.registry import Registry
from benchmarks.request_formats import RequestFormat
from benchmarks.servers import Server
from benchmarks.target import Target, free_port
from local_stack.probe import ask

_READY_SECONDS = 180
_ANSWER_SECONDS = 30
_OK = 200
_CONSTANT = 123.456


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A running server whose predictions are those of the model.

    Attributes:
        server: Its description.
        model: Name of its model.
        process: Its process, paused unless it is measured.
        port: The port on which it listens.
        bodies: For each kind of request, a file with one body per line.
    """

    server: Server
    model: str
    process: Process
    port: int
    bodies: dict[str, Path]

    def target(self, kind: str) -> Target:
        """The URL for a kind of request."""
        return Target.parse(f"http://127.0.0.1:{self.port}{self.request_format(kind).path_of(self.model)}")

    def request_format(self, kind: str) -> RequestFormat:
        """The format of its requests; the kind must be one of `bodies`."""
        return self.server.batch if kind == "batch" and self.server.batch else self.server.single


@contextlib.contextmanager
def start_servers(
    servers: Sequence[Server], model: PreparedModel, registry: Registry, cores: Cores, failures: dict[str, str]
) -> Iterator[list[RunningServer]]:
    """Start the servers and yield those with correct predictions; `failures` gets the reasons of the others."""
    with contextlib.ExitStack() as stack:
        started: list[tuple[Server, Process, int]] = []
        for server in servers:
            port = free_port()
            try:
                process = _start(server, port, model, registry, cores)
            except (ServerFailedError, OSError) as error:
                failures[server.name] = str(error)
                say(f"{server.name}: {error}")
                continue
            stack.callback(process.stop)
            started.append((server, process, port))
        running_servers: list[RunningServer] = []
        for server, process, port in started:
            try:
                running_server = _checked(server, process, port, model)
            except ServerFailedError as error:
                failures[server.name] = str(error)
                say(f"{server.name}: {error}")
                continue
            finally:
                process.pause()
            running_servers.append(running_server)
            say(f"{server.name} serves {model.name} and answers as the model does")
        yield running_servers


def _start(server: Server, port: int, model: PreparedModel, registry: Registry, cores: Cores) -> Process:
    programs = programs_of(server.environment)
    folder = HOME / "servers" / f"{server.name}-{model.name}"
    folder.mkdir(parents=True, exist_ok=True)
    launch = server.launch(Place(port, free_port(), folder, programs, registry.url, model))
    return Process(
        launch.command,
        core=cores.server,
        log=HOME / "logs" / f"{server.name}-{model.name}.log",
        folder=launch.folder,
        environment=quiet_environment(launch.variables),
    )


def _checked(server: Server, process: Process, port: int, model: PreparedModel) -> RunningServer:
    _await(process, f"http://127.0.0.1:{port}{server.ready.replace('{model}', model.name)}")
    folder = HOME / "bodies"
    folder.mkdir(parents=True, exist_ok=True)
    bodies = {}
    for kind, request_format, size in (("single", server.single, 1), ("batch", server.batch, BATCH_ROWS)):
        if request_format is None:
            continue
        lines = []
        for first in range(0, BATCH_ROWS, size):
            body = request_format.body(model.columns, model.rows[first : first + size])
            given = request_format.predictions(_post(port, request_format.path_of(model.name), body))
            if server.constant:
                _require_constant(given)
            else:
                model.check(given, first)
            lines.append(body)
        bodies[kind] = folder / f"{server.name}-{model.name}-{kind}.txt"
        bodies[kind].write_text("\n".join(lines) + "\n", encoding="utf-8")
    return RunningServer(server, model.name, process, port, bodies)


def _require_constant(given: list[object]) -> None:
    if given != [_CONSTANT]:
        raise ServerFailedError(f"answered {given!r} instead of its constant")


def _await(process: Process, url: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.running:
        answer = ask(url)
        if answer is not None and answer.status == _OK:
            return
        time.sleep(0.1)
    if process.running:
        raise ServerFailedError(f"was not ready within {_READY_SECONDS} s; {process.last_log_line()}")
    raise ServerFailedError(f"ended before it was ready, {process.last_log_line()}")


def _post(port: int, path: str, body: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ServerFailedError(f"no answer from {path}: {error}") from None
    finally:
        connection.close()
    if response.status != _OK:
        raise ServerFailedError(f"{path} answered {response.status}: {answer[:200].decode(errors='replace')}")
    return answer
