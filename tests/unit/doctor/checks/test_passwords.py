"""Public passwords behind open pages."""

from dataclasses import replace

import pytest

from doctor.checks.passwords import find_public_passwords
from doctor.compose_project import ComposeProject
from doctor.container import Container
from tests.unit.doctor.examples import codes, healthy, project, with_optional_service


def _opened(stack: ComposeProject, address: str) -> ComposeProject:
    services = dict(stack.services)
    for name in ("mlflow", "minio"):
        services[name] = {**services[name], "ports": [{**services[name]["ports"][0], "host_ip": address}]}
    return replace(stack, services=services)


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "::"])
def test_the_defaults_on_open_pages(address: str) -> None:
    """The variables that still have the value of `.env.example` are named."""
    [finding] = find_public_passwords(replace(healthy(), project=_opened(project(), address)))

    assert codes([finding]) == ["public-passwords"]
    assert "MINIO_ROOT_PASSWORD, MYSQL_PASSWORD, MYSQL_ROOT_PASSWORD" in finding.what
    assert "supersecret" not in str(finding)


def test_one_that_was_not_changed() -> None:
    """Only this one is named."""
    changed = project(MINIO_ROOT_PASSWORD="x" * 32, MYSQL_ROOT_PASSWORD="y" * 32)
    [finding] = find_public_passwords(replace(healthy(), project=_opened(changed, "0.0.0.0")))

    assert finding.what.endswith(": MYSQL_PASSWORD.")


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_pages_on_loopback(address: str) -> None:
    """Nobody else reaches them."""
    assert list(find_public_passwords(replace(healthy(), project=_opened(project(), address)))) == []


def test_a_page_of_a_profile() -> None:
    """Its port and its password count only while it has a container."""
    settings = {
        "ports": [{"published": "3000", "target": 3000, "host_ip": "0.0.0.0"}],
        "environment": {"GF_SECURITY_ADMIN_PASSWORD": "mine"},
    }
    installation = with_optional_service(healthy(), "grafana", **settings)
    running = replace(
        installation, containers=(*installation.containers, Container("grafana_server", "grafana", "running"))
    )

    assert codes(list(find_public_passwords(installation))) == []
    [finding] = find_public_passwords(running)
    assert "grafana en 0.0.0.0:3000" in finding.what


def test_grafana_alone() -> None:
    """Its administrator's default password is one of the public ones."""
    settings = {
        "ports": [{"published": "3000", "target": 3000, "host_ip": "0.0.0.0"}],
        "environment": {"GF_SECURITY_ADMIN_PASSWORD": "supersecret"},
    }
    names = ("MINIO_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD")
    changed = replace(healthy(), project=project(**dict.fromkeys(names, "x" * 32)))
    installation = with_optional_service(changed, "grafana", **settings)
    running = replace(
        installation, containers=(*installation.containers, Container("grafana_server", "grafana", "running"))
    )
    [finding] = find_public_passwords(running)

    assert codes([finding]) == ["public-passwords"]
    assert finding.what.endswith(": GRAFANA_ADMIN_PASSWORD.")


def test_other_passwords_on_open_pages() -> None:
    """As `make secrets` writes them."""
    names = ("MINIO_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD", "MYSQL_PASSWORD")
    changed = project(**dict.fromkeys(names, "x" * 32))

    assert list(find_public_passwords(replace(healthy(), project=_opened(changed, "0.0.0.0")))) == []
