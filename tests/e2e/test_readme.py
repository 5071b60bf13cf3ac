"""A reader follows README.md and Taller.md from top to bottom."""

import contextlib
import csv
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import httpx
import pytest

from tests.e2e.compose_stack import LOAD_TESTING, Stack, StackError
from tests.e2e.readme import ANSWERS_WITHIN_SECONDS, SHORT_STAIRS, Reader
from tests.e2e.registered_model import champion, point
from tests.unit.docs.markdown import Document

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

README = Document.read("README.md")
TALLER = Document.read("Taller.md")
LOCUST = "http://127.0.0.1:8089"


def _sections(document: Document) -> list[str]:
    """The headings of sections with commands, in order."""
    return list(dict.fromkeys(block.section for block in document.blocks if block.language == "bash"))


@pytest.fixture(scope="module", autouse=True)
def empty_afterwards(compose_stack: Stack) -> Iterator[None]:
    """The models and images of README's commands are removed afterwards."""
    yield
    compose_stack.compose("down", "--volumes")
    names = Reader(compose_stack).says("docker image ls --format '{{.Repository}}:{{.Tag}}'").split()
    for name in names:
        if name.startswith("your-dockerhub-username/"):
            Reader(compose_stack).type(f"docker image rm {name}")


@pytest.fixture
def reader(stack: Stack) -> Iterator[Reader]:
    """A reader with a stack that serves the reference model; changes are undone afterwards."""
    before, version = _identifiers(stack), champion()
    yield Reader(stack)
    (stack.checkout / ".env").unlink(missing_ok=True)
    stack.compose("down", file=LOAD_TESTING)
    after = _identifiers(stack)
    if after and after != before:
        stack.start_servers()
    if after:
        _serve_the_reference_model(stack, version)


def _identifiers(stack: Stack) -> set[str]:
    return {container["Id"] for container in stack.containers()}


def _serve_the_reference_model(stack: Stack, version: str) -> None:
    if champion() != version:
        point("champion", version)
        _wait_for_version(stack, version)
    stack.wait_until_serving()


def _the_last_training_is_served(stack: Stack) -> None:
    """The reference model serves again."""
    stack.wait_until_serving()


def _three_replicas_run(stack: Stack) -> None:
    assert len(stack.replicas()) == 3


def _the_limits_are_set(stack: Stack) -> None:
    [container] = stack.containers_of("fastapi-app")
    assert container["HostConfig"]["NanoCpus"] == 1_000_000_000
    assert container["HostConfig"]["Memory"] == 384 * 2**20


def _two_workers_take_part(_stack: Stack) -> None:
    """test_load.py tests what the page does with them."""
    deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while (count := _worker_count()) != 2:
        if time.monotonic() > deadline:
            raise StackError(f"Locust's page counts {count} workers")
        time.sleep(0.25)


def _worker_count() -> int | None:
    with contextlib.suppress(httpx.TransportError):
        count: int | None = httpx.get(f"{LOCUST}/stats/requests", timeout=10).json().get("worker_count")
        return count
    return None


def _four_replicas_share_a_core(stack: Stack) -> None:
    containers = stack.containers_of("fastapi-app")
    assert [container["HostConfig"]["NanoCpus"] for container in containers] == [250_000_000] * 4


def _the_stairs_leave_figures(stack: Stack) -> None:
    """The CSV of the run has the last step's users and no failure."""
    with (stack.checkout / "resultados" / "una-replica_stats_history.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert max(int(row["User Count"]) for row in rows) == int(SHORT_STAIRS["LOCUST_MAX_USERS"])
    assert int(rows[-1]["Total Failure Count"]) == 0


def _env_changes_nothing(stack: Stack) -> None:
    """A stack with the copied .env is the stack without one."""
    with_env = stack.compose("config").stdout
    (stack.checkout / ".env").unlink()
    assert stack.compose("config").stdout == with_env


def _the_script_runs_outside_of_docker_too(stack: Stack) -> None:
    """With `.venv` and MLflow's published port, the script registers a version that is served."""
    environment = stack.checkout / ".venv"
    environment.symlink_to(sys.prefix)
    try:
        done = Reader(stack).type("MLFLOW_TRACKING_URI=http://localhost:8005 .venv/bin/python registrar.py")
    finally:
        environment.unlink()
    assert done.returncode == 0, done.stderr
    _wait_for_version(stack, done.stdout.rsplit(":", 1)[-1].strip())


CHECKS: Final[Mapping[str, Callable[[Stack], None]]] = {
    "Entrenar con otros datos": _the_last_training_is_served,
    "Registrar tu propio modelo": _the_script_runs_outside_of_docker_too,
    "Pruebas de Carga": _two_workers_take_part,
    "Limitación de Recursos": _the_limits_are_set,
    "Escalado por Réplicas": _three_replicas_run,
    "Variables de Entorno": _env_changes_nothing,
    "Experimento 1: los recursos mínimos con una réplica": _the_stairs_leave_figures,
    "Experimento 2: réplicas": _four_replicas_share_a_core,
}


@pytest.mark.parametrize("section", _sections(README))
def test_the_readme_is_followed(section: str, reader: Reader) -> None:
    """Each command of the section succeeds unchanged, with the answer that the document shows."""
    reader.follow(README, section)
    CHECKS.get(section, _nothing_more)(reader.stack)


@pytest.mark.parametrize("section", _sections(TALLER))
def test_the_workshop_is_followed(section: str, reader: Reader) -> None:
    """The experiments run unchanged, but with steps of seconds instead of minutes."""
    reader.follow(TALLER, section)
    CHECKS.get(section, _nothing_more)(reader.stack)


def test_every_check_belongs_to_a_section() -> None:
    """Each check names an existing heading, so a renamed heading cannot disable it."""
    assert set(CHECKS) <= {*_sections(README), *_sections(TALLER)}


def test_the_other_spelling_of_compose_works(reader: Reader) -> None:
    """`docker-compose` works like `docker compose`."""
    done = reader.type("docker-compose -f docker-compose-api.yml ps --services")

    assert done.returncode == 0, done.stderr
    assert "fastapi-app" in done.stdout.split()


def _nothing_more(_stack: Stack) -> None:
    """The section has no further check."""


def _wait_for_version(stack: Stack, version: str) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while (found := httpx.get(f"{stack.url}/model", timeout=10).json())["version"] != version:
        if time.monotonic() > deadline:
            raise StackError(f"version {version} is not served: {found}")
        time.sleep(0.5)
