"""What the containers of both Compose files may do; tests/support/hardening.py has the reason for each exception."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import hardening
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FILES = ("docker-compose-api.yml", "docker-compose-load-testing.yml")
PIDS = 1024

# The API itself is published by the gateway alone.
OPEN_TO_THE_NETWORK = {("gateway", "0.0.0.0:8000")}
UNITS = {"M": 2**20, "G": 2**30}
# Languages of docs/security.md with their words for a read-only and a writable file system, and for no capabilities.
DOCUMENTS = {
    "docs/security.md": ("solo lectura", "escritura", "ninguna", "root"),
    "docs/security.en.md": ("read-only", "writable", "none", "root"),
}

Services = dict[str, dict[str, Any]]


def _written() -> Services:
    """The services as they are written, with the default of each variable."""
    services: Services = {}
    for file in FILES:
        services |= yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["services"]
    replaced: Services = _with_defaults(services)
    return replaced


def _with_defaults(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_defaults(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_defaults(inner) for inner in value]
    return re.sub(r"\$\{\w+:?-([^}]*)\}", r"\1", value) if isinstance(value, str) else value


def _resolved() -> Services:
    """The services as Compose resolves them."""
    services: Services = {}
    program = shutil.which("docker")
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_CONFIG") if name in os.environ}
    for file in FILES:
        options = ["-f", file, "--env-file", os.devnull, "--profile", "*"]
        done = subprocess.run(
            [program or "docker", "compose", *options, "config", "--format", "json"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        services |= json.loads(done.stdout)["services"]
    return services


def _has_compose() -> bool:
    program = shutil.which("docker")
    return (
        program is not None
        and not subprocess.run([program, "compose", "version"], capture_output=True, check=False).returncode
    )


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(_written, id="written"),
        pytest.param(
            _resolved, id="resolved", marks=pytest.mark.skipif(not _has_compose(), reason="needs Docker Compose")
        ),
    ],
)
def services(request: pytest.FixtureRequest) -> Services:
    """The services of both files and all profiles that have containers."""
    found: Services = request.param()
    return {name: service for name, service in found.items() if name != hardening.NEVER_RUNS}


def _memory(service: dict[str, Any]) -> int:
    """The memory limit in bytes; 0 without one."""
    limit = service.get("mem_limit") or service.get("deploy", {}).get("resources", {}).get("limits", {}).get("memory")
    written = re.fullmatch(r"(\d+)([MG]?)", str(limit or 0))
    assert written, limit
    return int(written[1]) * UNITS.get(written[2], 1)


def _capabilities(service: dict[str, Any]) -> set[str] | None:
    """What a container may do beyond an ordinary program; None if Docker's default was not dropped."""
    return set(service.get("cap_add") or ()) if service.get("cap_drop") == ["ALL"] else None


def test_file_systems_are_read_only(services: Services) -> None:
    """Except for those with a reason."""
    writable = {name for name, service in services.items() if service.get("read_only") is not True}
    assert writable == hardening.WRITABLE.keys()


def test_capabilities_are_dropped(services: Services) -> None:
    """Those that a service gets back are listed, and nothing else gives it rights on the machine."""
    for name, service in services.items():
        assert _capabilities(service) == hardening.CAPABILITIES.get(name, set()), name
        assert not {"privileged", "devices", "pid", "ipc", "userns_mode", "cgroup"} & service.keys(), name
        assert service.get("network_mode", "none") == "none", name


def test_no_program_gains_privileges(services: Services) -> None:
    """A set-user-ID program runs with the rights of its caller."""
    for name, service in services.items():
        assert service.get("security_opt") == ["no-new-privileges:true"], name


def test_memory_and_processes_are_limited(services: Services) -> None:
    """A service that runs away does not take the machine with it."""
    for name, service in services.items():
        assert _memory(service), name
        assert service.get("pids_limit") == PIDS, name
        limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
        assert limits.get("pids", PIDS) == PIDS, name


def test_nothing_is_mounted_from_the_machine_to_be_changed(services: Services) -> None:
    """Files of the checkout are read-only, Docker's socket is in no container."""
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            short = volume if isinstance(volume, str) else ""
            bind = short.startswith(("/", ".")) or (not short and volume["type"] == "bind")
            read_only = "ro" in short.split(":")[-1].split(",") if short else volume.get("read_only", False)
            assert read_only or not bind, (name, volume)
            assert "docker.sock" not in str(volume), name


def test_only_the_api_is_published_to_the_network(services: Services) -> None:
    """Every other port is on the machine itself by default."""
    published = set()
    for name, service in services.items():
        for port in service.get("ports", ()):
            text = port if isinstance(port, str) else f"{port.get('host_ip', '')}:{port['target']}"
            address, _, target = text.lstrip(":").rpartition(":")
            published.add((name, f"{'127.0.0.1' if address.startswith('127.') else '0.0.0.0'}:{target}"))

    assert {(name, port) for name, port in published if not port.startswith("127.")} == OPEN_TO_THE_NETWORK


def test_images_are_built_without_secrets(services: Services) -> None:
    """Their contexts have neither `.env` nor secrets/, and no build argument is a password."""
    builds = [service["build"] for service in services.values() if "build" in service]
    contexts = {(ROOT / build["context"]).resolve() for build in builds}

    assert contexts == {ROOT / name for name in ("inference_api", "locust", "mlflow")}
    assert {name for build in builds for name in build.get("args", ())} == {"FLAVORS", "GIT_COMMIT"}


def test_our_images_do_not_run_as_root() -> None:
    """Each Dockerfile ends with another user."""
    for path in ROOT.glob("*/Dockerfile*"):
        if path.suffix == ".dockerignore":
            continue
        users = re.findall(r"^USER (\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert users, path
        assert users[-1].split(":")[0] not in {"root", "0"}, path


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_table_of_the_documentation(services: Services, document: str) -> None:
    """docs/security says the same of each service, and each limit is at least twice what was measured."""
    read_only, writable, none, root = DOCUMENTS[document]
    rows: dict[str, list[str]] = {}
    for line in (ROOT / document).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[0].startswith("`"):
            rows |= dict.fromkeys(re.findall(r"`([\w-]+)`", cells[0]), cells[1:])

    assert rows.keys() == services.keys()
    for name, service in services.items():
        user, file_system, capabilities, used, limit = rows[name]
        assert user.startswith(root) == (name in hardening.ROOT), name
        assert file_system == (writable if name in hardening.WRITABLE else read_only), name
        added = sorted(hardening.CAPABILITIES.get(name, ()))
        assert capabilities == (", ".join(f"`{one}`" for one in added) or none), name
        amount, unit = limit.split()[:2]
        in_bytes = int(amount) * UNITS[unit[0]]
        assert in_bytes == _memory(service), name
        measured = re.match(r"(\d+) MiB", used)
        assert measured, name
        assert int(measured[1]) * 2**20 * 2 <= in_bytes, name
