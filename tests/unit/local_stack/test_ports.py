"""The process that uses a port, and the message about it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from local_stack.errors import NotStartedError
from local_stack.ports import PortBinding, find_owner, require_free

_LISTENER = """
import socket, sys
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""
# Imports before it changes its user: other users may not be allowed to read the folder of the interpreter.
_OTHER_USER = """
import os, sys
from local_stack.errors import NotStartedError
from local_stack.ports import PortBinding, require_free
import psutil
list(psutil.process_iter())
os.setuid(65534)
try:
    require_free([PortBinding("127.0.0.1", int(sys.argv[1]), "API_PORT")])
except NotStartedError as error:
    print(error)
"""


@pytest.fixture
def listener() -> Iterator[tuple[int, int]]:
    """PID and port of another process that listens."""
    command = [sys.executable, "-c", _LISTENER, "recognise-me"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        yield port


def test_the_owner_of_a_port_is_found(listener: tuple[int, int]) -> None:
    """The owner has PID and command line, by which the user recognises the process."""
    pid, port = listener

    owner = find_owner(port)

    assert owner is not None
    assert owner.pid == pid
    assert "recognise-me" in owner.command


def test_a_free_port_has_no_owner() -> None:
    """A port without a listener is accepted."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    assert find_owner(port) is None
    require_free([PortBinding("127.0.0.1", port, "API_PORT")])


def test_the_message_names_the_process_and_a_free_port(listener: tuple[int, int]) -> None:
    """The message has port, variable, PID, command line, and a command with a free port."""
    pid, port = listener

    with pytest.raises(NotStartedError) as caught:
        require_free([PortBinding("127.0.0.1", port, "API_PORT")])

    message = str(caught.value)
    assert f"El puerto {port} (API_PORT) está ocupado por" in message
    assert f"(PID {pid})" in message
    assert "recognise-me" in message
    suggestion = int(message.rsplit("make run API_PORT=", 1)[1])
    require_free([PortBinding("127.0.0.1", suggestion, "API_PORT")])


def test_two_taken_ports_are_in_one_message(listener: tuple[int, int], taken: int) -> None:
    """The command has two different free ports."""
    with pytest.raises(NotStartedError) as caught:
        require_free(
            [PortBinding("127.0.0.1", listener[1], "API_PORT"), PortBinding("127.0.0.1", taken, "MLFLOW_PORT")]
        )

    first, second = (word.split("=") for word in str(caught.value).split()[-2:])
    assert (first[0], second[0]) == ("API_PORT", "MLFLOW_PORT")
    assert len({first[1], second[1], str(listener[1]), str(taken)}) == 4


def test_port_that_is_taken_on_every_address_is_taken_on_loopback() -> None:
    """Docker publishes on 0.0.0.0, which the check on loopback detects."""
    with socket.create_server(("0.0.0.0", 0)) as server, pytest.raises(NotStartedError, match=f"PID {os.getpid()}"):
        require_free([PortBinding("127.0.0.1", server.getsockname()[1], "API_PORT")])


def test_a_closing_connection_does_not_take_a_port() -> None:
    """Directly after a stop, connections in TIME_WAIT do not prevent the next start."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        client.close()

    require_free([PortBinding("127.0.0.1", port, "API_PORT")])


def test_an_address_of_another_machine_is_an_error() -> None:
    """API_HOST has to be an address of this machine; the message says so."""
    with pytest.raises(NotStartedError, match="No se puede escuchar en"):
        require_free([PortBinding("192.0.2.1", 8000, "API_PORT")])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_the_message_about_a_process_of_another_user(taken: int) -> None:
    """Without permission to inspect the process, the message has commands that show it."""
    completed = subprocess.run(
        [sys.executable, "-c", _OTHER_USER, str(taken)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "un proceso de otro usuario" in completed.stdout
    assert f"sudo lsof -i :{taken}" in completed.stdout
    assert "docker compose -f docker-compose-api.yml down" in completed.stdout
