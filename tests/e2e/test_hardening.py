"""What Docker lets the containers of the stack do; tests/support/hardening.py has the reason for each exception."""

import json
import subprocess
from typing import Any

import hardening
import pytest

from tests.e2e.compose_stack import Stack, service_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

OWN_IMAGES = ("taller5/inference-fast-api", "taller5/trainer", "taller5/mlflow", "taller5/locust")


@pytest.fixture
def containers(stack: Stack) -> dict[str, dict[str, Any]]:
    """The containers of the stack, those of jobs that have ended included, by service."""
    return {service_of(container): container for container in stack.containers()}


def _docker(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout


def test_no_container_starts_as_root(containers: dict[str, dict[str, Any]]) -> None:
    """Except for those with a reason."""
    users = {service: container["Config"]["User"].split(":")[0] for service, container in containers.items()}

    assert {service for service, user in users.items() if user in {"", "0", "root"}} == hardening.ROOT.keys()


def test_the_database_itself_does_not_run_as_root(containers: dict[str, dict[str, Any]]) -> None:
    """The server is a process of the user mysql."""
    listed = _docker("top", containers["mysql"]["Id"], "-eo", "pid,uid,comm").splitlines()[1:]
    [user] = {user for _, user, program in map(str.split, listed) if program == "mysqld"}

    assert user != "0"


def test_the_rules_hold_for_every_container(containers: dict[str, dict[str, Any]]) -> None:
    """Read-only root file system, capabilities of the list, no new privileges, limited processes and memory."""
    for service, container in containers.items():
        settings = container["HostConfig"]
        added = {name.removeprefix("CAP_") for name in settings["CapAdd"] or ()}
        assert settings["ReadonlyRootfs"] == (service not in hardening.WRITABLE), service
        assert settings["CapDrop"] == ["ALL"], service
        assert added == hardening.CAPABILITIES.get(service, set()), service
        assert settings["SecurityOpt"] == ["no-new-privileges:true"], service
        assert settings["PidsLimit"] == 1024, service
        assert settings["Memory"] > 0, service
        assert not settings["Privileged"], service
        assert not settings["PidMode"], service
        assert not settings["Devices"], service


def test_the_kernel_applies_the_rules(stack: Stack) -> None:
    """The API's first process has no capability and can get none."""
    status = stack.compose("exec", "-T", "fastapi-app", "cat", "/proc/1/status").stdout
    facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)

    assert int(facts["CapEff"], 16) == int(facts["CapBnd"], 16) == 0
    assert facts["NoNewPrivs"] == "1"
    assert facts["Uid"].split()[0] != "0"


def test_no_secret_is_in_an_image(load_stack: Stack) -> None:
    """Neither the settings and labels of our images nor the commands that made them have a password of the stack."""
    secrets = {
        value
        for container in load_stack.containers()
        for name, _, value in (variable.partition("=") for variable in container["Config"]["Env"])
        if ("PASSWORD" in name or "SECRET" in name) and value
    }
    assert len(secrets) >= 3

    for name in OWN_IMAGES:
        [image] = json.loads(_docker("image", "inspect", f"{name}:local"))
        text = json.dumps(image["Config"]) + _docker("history", "--no-trunc", "--format", "{{json .}}", f"{name}:local")
        assert image["Config"]["User"].split(":")[0] not in {"", "0", "root"}, name
        assert {secret for secret in secrets if secret in text} == set(), name
        assert not [line for line in image["Config"]["Env"] if "PASSWORD" in line or "SECRET" in line], name
