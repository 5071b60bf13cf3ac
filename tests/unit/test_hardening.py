"""What the containers of both Compose files may do, with the reason for each exception."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = ("docker-compose-api.yml", "docker-compose-load-testing.yml")

WRITABLE = {
    "mysql": "the image's entrypoint writes sockets, temporary files and its configuration on the first start",
    "minio": "the image is another project's, and writes to more than its volume",
    "after-training": "never runs",
}
CAPABILITIES_KEPT = {
    "mysql": "the entrypoint starts as root, gives the volume to the user mysql and becomes this user",
    "minio": "runs as root on a volume that belongs to root",
    "after-training": "never runs",
}
NEW_PRIVILEGES = {"after-training": "never runs"}
# The API itself is published by the gateway alone.
OPEN_TO_THE_NETWORK = {("gateway", "${API_PORT:-8000}:8000")}
LOOPBACK = ("${PAGES_BIND:-127.0.0.1}:", "${API_TLS_PUBLISH:-127.0.0.1:}:")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    """The services of both files, of all profiles."""
    return {
        name: service
        for file in FILES
        for name, service in yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["services"].items()
    }


def test_file_systems_are_read_only(services: dict[str, dict[str, Any]]) -> None:
    """Except for those with a reason."""
    assert {name for name, service in services.items() if service.get("read_only") is not True} == WRITABLE.keys()


def test_capabilities_are_dropped(services: dict[str, dict[str, Any]]) -> None:
    """Except for those with a reason; no service gets one back."""
    kept = {name for name, service in services.items() if service.get("cap_drop") != ["ALL"]}
    assert kept == CAPABILITIES_KEPT.keys()
    for name, service in services.items():
        assert not {"cap_add", "privileged", "devices", "pid", "ipc"} & service.keys(), name
        assert service.get("network_mode", "none") == "none", name


def test_no_program_gains_privileges(services: dict[str, dict[str, Any]]) -> None:
    """A set-user-ID program runs with the rights of its caller."""
    options = {name: service.get("security_opt") for name, service in services.items()}
    assert {name for name, chosen in options.items() if chosen != ["no-new-privileges:true"]} == NEW_PRIVILEGES.keys()


def test_only_the_api_is_published_to_the_network(services: dict[str, dict[str, Any]]) -> None:
    """Every other port is on the machine itself by default."""
    published = {(name, port) for name, service in services.items() for port in service.get("ports", [])}
    assert {(name, port) for name, port in published if not port.startswith(LOOPBACK)} == OPEN_TO_THE_NETWORK
