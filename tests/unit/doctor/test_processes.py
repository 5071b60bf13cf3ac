"""Processes of this machine without a library."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from doctor.processes import ancestors_of, command_of, environment_of, find_listener

_LISTENER = """
import socket, sys
server = socket.create_server((sys.argv[1], 0), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """PID and port of another process that listens."""
    command = [sys.executable, "-c", _LISTENER, request.param, "recognise-me"]
    environment = {**os.environ, "RECOGNISED_BY": "a test"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())


def test_the_listener_of_a_port_is_found(listener: tuple[int, int]) -> None:
    """With PID and command line, by which the user recognises it."""
    pid, port = listener

    found = find_listener(port)

    assert found is not None
    assert found.pid == pid
    assert "recognise-me" in str(found)
    assert str(pid) in str(found)


def test_a_client_is_no_listener(listener: tuple[int, int], request: pytest.FixtureRequest) -> None:
    """Who is connected to the port does not hold it."""
    pid, port = listener
    with socket.create_connection((request.node.callspec.params["listener"], port)):
        found = find_listener(port)

    assert found is not None
    assert found.pid == pid


def test_a_free_port_has_no_listener() -> None:
    """Nobody is named."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert find_listener(probe.getsockname()[1]) is None


def test_a_process_has_ancestors_and_variables(listener: tuple[int, int]) -> None:
    """Its parent is this process."""
    pid, _ = listener

    assert list(ancestors_of(pid))[:2] == [pid, os.getpid()]
    assert environment_of(pid)["RECOGNISED_BY"] == "a test"


def test_a_process_that_has_ended_is_nothing() -> None:
    """A file may keep its number."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()

    assert command_of(process.pid) == ""
    assert environment_of(process.pid) == {}
