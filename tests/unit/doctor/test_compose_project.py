"""The stack as Compose reads it."""

import re

import pytest
import yaml

from doctor.compose_project import PORT_VARIABLES, ComposeProject, PublishedPort
from tests.unit.doctor.examples import ROOT, project


def test_the_variables_of_the_ports_are_those_of_the_compose_files() -> None:
    """Each published port has the name by which `.env` changes it."""
    found: dict[str, list[str]] = {}
    for file in ROOT.glob("docker-compose-*.yml"):
        for name, service in yaml.safe_load(file.read_text(encoding="utf-8"))["services"].items():
            for port in service.get("ports", ()):
                # HTTPS has no fixed port: without a certificate it is a free one of this machine.
                if "API_TLS_PUBLISH" not in port:
                    found.setdefault(name, []).extend(re.findall(r"\$\{(\w+_PORT):-", port))

    assert found
    assert found == {name: [PORT_VARIABLES[name]] for name in found}


@pytest.mark.parametrize(
    ("address", "is_open"), [("127.0.0.1", False), ("::1", False), ("0.0.0.0", True), ("192.0.2.7", True), ("x", True)]
)
def test_an_open_port(address: str, is_open: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """What is not on loopback can be reached from elsewhere."""
    assert PublishedPort("mlflow", address, 8005, "MLFLOW_PORT").is_open is is_open


def test_services_that_up_starts() -> None:
    """Not the one that has no replicas."""
    assert not project().is_default("after-training")
    assert project().is_default("mysql")


def test_the_port_with_tls_has_a_variable_of_its_own() -> None:
    """It is the gateway's second port, and counts only with a certificate."""
    gateway = project().services["gateway"]
    ports = [
        {"target": 8443, "published": "8443", "host_ip": "127.0.0.1"},
        {"target": 8000, "published": "8000"},
    ]

    def stack(certificate: str) -> ComposeProject:
        settings = {**gateway, "ports": ports, "environment": {"TLS_CERTIFICATE": certificate}}
        return ComposeProject("taller5", {"gateway": settings})

    found = stack("server.pem").tls_port()
    assert found is not None
    assert (found.port, found.variable) == (8443, "API_TLS_PUBLISH")
    assert stack("").tls_port() is None
    plain = stack("server.pem").port_of("gateway")
    assert plain is not None
    assert (plain.port, plain.variable) == (8000, "API_PORT")
