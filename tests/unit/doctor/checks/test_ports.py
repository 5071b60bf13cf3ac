"""Ports: real sockets that hold them."""

import copy
import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from doctor.checks.ports import find_port_problems
from doctor.compose_project import ComposeProject
from doctor.container import ListedContainer
from doctor.finding import Level
from doctor.installation import Installation
from tests.unit.doctor.examples import codes, config, healthy, printed, with_optional_service

SERVICES = ("gateway", "mlflow", "minio")


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that this process listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _on(ports: dict[str, int], *, root: Path | None = None, address: str = "127.0.0.1") -> Installation:
    """The stack on these ports, and the others on free ones; no container runs."""
    settings = copy.deepcopy(config())
    for service in SERVICES:
        [port] = settings["services"][service]["ports"]
        port.update(published=str(ports.get(service) or _free()), host_ip=address)
    installation = healthy(root) if root else healthy()
    return replace(installation, project=ComposeProject.read(printed(json.dumps(settings))), containers=(), listed=())


def test_free_ports() -> None:
    """Nothing is found."""
    assert codes(list(find_port_problems(_on({})))) == []


def test_a_port_of_a_program(taken: int) -> None:
    """It has a name and a number, and the remedy is a command with a free port."""
    [finding] = find_port_problems(_on({"gateway": taken}))

    assert codes([finding]) == ["port-taken"]
    assert f"El puerto {taken} (API_PORT)" in finding.what
    assert f"PID {os.getpid()}" in finding.what
    other = int(finding.remedy.partition("API_PORT=")[2].split()[0])
    with socket.create_server(("127.0.0.1", other)):
        assert other != taken


def test_a_port_of_the_stack_itself(taken: int) -> None:
    """Its own container holds it, as it should."""
    own = ListedContainer("mlflow_server", "taller5", f"127.0.0.1:{taken}->5000/tcp")

    assert codes(list(find_port_problems(replace(_on({"mlflow": taken}), listed=(own,))))) == []


def test_a_port_of_another_container(taken: int) -> None:
    """It is named."""
    other = ListedContainer("squatter", "", f"0.0.0.0:{taken}->8000/tcp")

    [finding] = find_port_problems(replace(_on({"gateway": taken}), listed=(other,)))

    assert codes([finding]) == ["port-taken"]
    assert "el contenedor squatter" in finding.what
    assert finding.remedy.startswith("docker stop squatter")


def test_a_port_of_make_run(taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack without Docker is no intruder; this process stands for it."""
    monkeypatch.setattr("doctor.local_run.command_of", lambda _pid: f"{sys.executable} -m local_stack")
    (tmp_path / ".local-stack").mkdir()
    (tmp_path / ".local-stack" / "lock").write_text(str(os.getpid()), encoding="ascii")

    [finding] = find_port_problems(_on({"gateway": taken}, root=tmp_path))

    assert (finding.code, finding.level) == ("port-of-make-run", Level.NOTE)


def test_one_port_for_two_services() -> None:
    """Both variables are named."""
    port = _free()

    [finding] = find_port_problems(_on({"gateway": port, "mlflow": port}))

    assert codes([finding]) == ["port-twice"]
    assert "API_PORT" in finding.what
    assert "MLFLOW_PORT" in finding.what


def test_a_port_of_a_profile(taken: int) -> None:
    """A service that is not in use does not need it."""
    ports = [{"published": str(taken), "target": 3000, "host_ip": "127.0.0.1"}]

    assert codes(list(find_port_problems(with_optional_service(_on({}), "grafana", ports=ports)))) == []


def test_an_address_of_another_machine() -> None:
    """PAGES_BIND must be an address of this one."""
    assert set(codes(list(find_port_problems(_on({}, address="192.0.2.1"))))) == {"address-foreign"}
