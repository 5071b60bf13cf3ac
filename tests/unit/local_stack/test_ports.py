"""Who has a port, and what the person reads about it."""

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
# Imports first: the interpreter may lie in a folder that only its owner may read.
_STRANGER = """
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
    """The PID and port of another process that listens."""
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
    """PID and command line, so that the person recognises the process."""
    pid, port = listener

    owner = find_owner(port)

    assert owner is not None
    assert owner.pid == pid
    assert "recognise-me" in owner.command


def test_a_free_port_has_no_owner_and_passes() -> None:
    """A port that nobody listens on stops nothing."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    assert find_owner(port) is None
    require_free([PortBinding("127.0.0.1", port, "API_PORT")])


def test_the_message_names_the_process_and_the_way_out(listener: tuple[int, int]) -> None:
    """Port, variable, PID, command, and a command to type with a port that is free."""
    pid, port = listener

    with pytest.raises(NotStartedError) as caught:
        require_free([PortBinding("127.0.0.1", port, "API_PORT")])

    message = str(caught.value)
    assert f"El puerto {port} (API_PORT) está ocupado por" in message
    assert f"(PID {pid})" in message
    assert "recognise-me" in message
    suggestion = int(message.rsplit("make run API_PORT=", 1)[1])
    require_free([PortBinding("127.0.0.1", suggestion, "API_PORT")])


def test_two_taken_ports_are_told_at_once(listener: tuple[int, int], taken: int) -> None:
    """The person changes both in one go, to two different ports."""
    with pytest.raises(NotStartedError) as caught:
        require_free(
            [PortBinding("127.0.0.1", listener[1], "API_PORT"), PortBinding("127.0.0.1", taken, "MLFLOW_PORT")]
        )

    first, second = (word.split("=") for word in str(caught.value).split()[-2:])
    assert (first[0], second[0]) == ("API_PORT", "MLFLOW_PORT")
    assert len({first[1], second[1], str(listener[1]), str(taken)}) == 4


def test_a_port_taken_on_every_address_is_taken_here() -> None:
    """Docker publishes on 0.0.0.0; a check of loopback alone must see it."""
    with socket.create_server(("0.0.0.0", 0)) as server, pytest.raises(NotStartedError, match=f"PID {os.getpid()}"):
        require_free([PortBinding("127.0.0.1", server.getsockname()[1], "API_PORT")])


def test_a_closing_connection_does_not_take_a_port() -> None:
    """Right after a stop the old connections linger in TIME_WAIT; the next start must not fail for them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        client.close()

    require_free([PortBinding("127.0.0.1", port, "API_PORT")])


def test_an_address_of_another_machine_is_an_error_of_its_own() -> None:
    """API_HOST must be an address of this machine."""
    with pytest.raises(NotStartedError, match="No se puede escuchar en"):
        require_free([PortBinding("192.0.2.1", 8000, "API_PORT")])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_process_of_somebody_else_is_said_to_be_one(taken: int) -> None:
    """Without permission to look, the message says how to find out."""
    told = subprocess.run(
        [sys.executable, "-c", _STRANGER, str(taken)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "un proceso de otro usuario" in told.stdout
    assert f"sudo lsof -i :{taken}" in told.stdout
    assert "docker compose -f docker-compose-api.yml down" in told.stdout
