"""Containers in each state, and the last words of what failed."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from doctor.checks.containers import MEMORY_VARIABLES, find_container_problems
from doctor.container import Container, ListedContainer
from doctor.finding import Level, NotCheckedError
from doctor.installation import Installation
from tests.unit.doctor.examples import ROOT, codes, healthy, printed, recorded, with_container, with_optional_service

# Recorded: `docker logs --tail 5 mlflow_migrate` after a start with another password.
LAST_WORDS = printed(
    stderr="2026-11-29 12:57:01,112 ERROR migrate: database 'mlflow_metadata' at mysql:3306 as 'mlflow_meta' is refused"
)


def _up_to_date(installation: Installation) -> Installation:
    """The containers have the settings of now."""
    hashes = dict(line.split() for line in recorded("hash.txt").splitlines())
    return replace(
        installation,
        containers=tuple(
            replace(found, config_hash=hashes[found.service], restarts=0) for found in installation.containers
        ),
    )


HEALTHY = _up_to_date(healthy(answers={"logs": LAST_WORDS}))


def test_a_healthy_stack() -> None:
    """Servers run, jobs have ended with 0."""
    assert codes(list(find_container_problems(HEALTHY))) == []


@pytest.mark.parametrize(
    ("service", "state", "code"),
    [
        ("mlflow-migrate", {"status": "exited", "exit_code": 1}, "container-failed"),
        ("model-trainer", {"status": "restarting", "exit_code": 1}, "container-failed"),
        ("model-trainer", {"status": "running", "restarts": 1}, "job-retries"),
        ("mlflow", {"status": "exited", "exit_code": 0}, "container-stopped"),
        ("mysql", {"status": "paused"}, "container-stopped"),
        ("gateway", {"status": "created", "error": "port is already allocated"}, "container-not-started"),
        ("minio", {"health": "unhealthy", "health_output": "curl: (22) 403"}, "container-unhealthy"),
        ("fastapi-app", {"oom_killed": True}, "out-of-memory"),
        ("fastapi-app", {"status": "restarting", "exit_code": 137}, "out-of-memory"),
        (
            "mysql",
            {"restarts": 7, "started": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.123456789Z"},
            "container-restarts",
        ),
    ],
)
def test_a_container_with_a_problem(service: str, state: dict[str, Any], code: str) -> None:
    """Exactly this is found, and its name is in it."""
    installation = with_container(HEALTHY, service, **state)

    [finding] = find_container_problems(installation)

    assert codes([finding]) == [code]
    assert installation.of(service)[0].name in finding.what


@pytest.mark.parametrize(
    ("service", "limit", "remedy"),
    [
        ("model-trainer", 8 << 30, "TRAINER_MEMORY_LIMIT=16384M en .env"),
        ("fastapi-app", 128 << 20, "API_MEMORY_LIMIT=256M en .env"),
        ("mysql", 1 << 30, "mem_limit: 2048M para mysql en docker-compose-api.yml"),
        ("mysql", 0, "Si la máquina no tiene tanta"),
    ],
)
def test_the_limit_to_raise(service: str, limit: int, remedy: str) -> None:
    """Twice the limit that was exceeded, with its variable if it has one."""
    state = {"status": "exited", "exit_code": 137, "oom_killed": True, "memory_limit": limit}
    [finding] = find_container_problems(with_container(HEALTHY, service, **state))

    assert codes([finding]) == ["out-of-memory"]
    assert remedy in finding.remedy


def test_the_variables_of_memory_limits_are_those_of_compose() -> None:
    """Each limit that a variable changes, and no other."""
    services = yaml.safe_load((ROOT / "docker-compose-api.yml").read_text(encoding="utf-8"))["services"]
    limits = {
        name: service.get("mem_limit") or service.get("deploy", {}).get("resources", {}).get("limits", {}).get("memory")
        for name, service in services.items()
    }
    variables = {name: re.match(r"\$\{(\w+):-", limit) for name, limit in limits.items() if limit}
    assert {name: found[1] for name, found in variables.items() if found} == MEMORY_VARIABLES


def test_restarts_of_long_ago() -> None:
    """Docker never forgets them: what has run since for more than ten minutes is well."""
    state = {"restarts": 7, "started": "2026-01-01T00:00:00.123456789Z"}

    assert codes(list(find_container_problems(with_container(HEALTHY, "mysql", **state)))) == []


def test_the_last_words_of_a_failure() -> None:
    """The end of the log has the reason."""
    [finding] = find_container_problems(with_container(HEALTHY, "mlflow-migrate", status="exited", exit_code=1))

    assert "código 1" in finding.what
    assert "\n| 2026-11-29" in finding.what
    assert finding.what.endswith("is refused")


def test_the_output_of_a_health_check() -> None:
    """It says more than the log."""
    state = {"health": "unhealthy", "health_output": "curl: (22) 403"}
    [finding] = find_container_problems(with_container(HEALTHY, "minio", **state))

    assert finding.what.endswith("| curl: (22) 403")


def test_a_service_without_a_container() -> None:
    """Except the one that never runs."""
    present = tuple(found for found in HEALTHY.containers if found.service != "gateway")

    [finding] = find_container_problems(replace(HEALTHY, containers=present))

    assert codes([finding]) == ["container-missing"]
    assert finding.what == "Faltan contenedores: gateway."


def test_a_service_of_a_profile() -> None:
    """It need not be there; once it has a container, this one must run."""
    optional = with_optional_service(HEALTHY, "grafana")
    stopped = Container("grafana_server", "grafana", "exited")

    assert codes(list(find_container_problems(optional))) == []
    [finding] = find_container_problems(replace(optional, containers=(*HEALTHY.containers, stopped)))
    assert codes([finding]) == ["container-stopped"]


def test_settings_that_changed_since() -> None:
    """Compose's own digest of the settings tells it."""
    [finding] = find_container_problems(with_container(HEALTHY, "mlflow", config_hash="of-yesterday"))

    assert (finding.code, finding.level) == ("settings-changed", Level.NOTE)
    assert finding.what.endswith(": mlflow.")


def test_names_that_others_hold() -> None:
    """One finding for each project, with the command that keeps its data."""
    others = (
        ListedContainer("mlflow_server", "copy", ""),
        ListedContainer("api_gateway", "copy", ""),
        ListedContainer("minio_server", "", ""),
        ListedContainer("unrelated", "another", ""),
    )

    project, single = find_container_problems(replace(HEALTHY, listed=others))

    assert codes([project, single]) == ["name-taken", "name-taken"]
    assert "api_gateway mlflow_server" in project.what
    assert project.remedy.startswith("docker compose -p copy down")
    assert single.remedy == "docker rm -f minio_server"


def test_a_stack_that_is_down() -> None:
    """A note, with the command that starts it."""
    [finding] = find_container_problems(replace(HEALTHY, containers=()))

    assert (finding.code, finding.level) == ("not-started", Level.NOTE)


def test_without_an_engine() -> None:
    """Nothing can be said."""
    with pytest.raises(NotCheckedError):
        list(find_container_problems(replace(HEALTHY, engine=printed(code=1))))
