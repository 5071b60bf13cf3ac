"""Fixtures for the tests against the real Compose stack."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.checkout import clean_environment, copy_checkout
from tests.e2e.compose_stack import LOAD_TESTING, PROJECT, Stack
from tests.e2e.docker_engine import engine_problem, stack_in_the_way


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the first starts, the last of which serves the others, and end with README, which deletes its models.

    In any other order the stack would be started anew in between.
    """
    turns = {"test_stack_first_start.py": 0, "test_readme.py": 2}
    items.sort(key=lambda item: turns.get(item.path.name, 1))


@pytest.fixture(scope="session")
def docker_engine() -> None:
    """Skip without a Docker engine; fail in CI, where one must be there."""
    problem = engine_problem()
    if problem is None:
        return
    sentence = f"the e2e tests need a Docker engine: {problem}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def only_run(docker_engine: None) -> Iterator[None]:  # noqa: ARG001 - skips or fails without an engine
    """Fail if another run of these tests is in progress, because both would use the same names and ports."""
    with (Path(tempfile.gettempdir()) / f"{PROJECT}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pytest.fail("another run of the e2e tests is under way on this machine", pytrace=False)
        yield


@pytest.fixture(scope="session")
def compose_stack(
    only_run: None,  # noqa: ARG001 - the lock is held until the end
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """The stack of a clean checkout, not started yet, removed with its data at the end of the run."""
    if obstacle := stack_in_the_way():
        pytest.fail(
            f"{obstacle} is in the way of the e2e tests, which use the same names and ports; its data is kept if you "
            "stop it with: docker compose -f docker-compose-api.yml down",
            pytrace=False,
        )
    checkout = tmp_path_factory.mktemp("checkout")
    copy_checkout(checkout)
    stack = Stack(checkout, clean_environment())
    stack.compose(
        "--profile", "monitoring", "down", "--volumes", "--remove-orphans"
    )  # an earlier run may have been killed
    yield stack
    stack.compose("--profile", "monitoring", "down", "--volumes", "--remove-orphans", check=False)


@pytest.fixture(scope="session")
def stack_with_locust(compose_stack: Stack) -> Stack:
    """The stack, with the load generator's image built from the clean checkout."""
    compose_stack.compose("build", file=LOAD_TESTING)
    return compose_stack


@pytest.fixture
def stack(compose_stack: Stack) -> Stack:
    """The stack, ready for predictions; a test that changes it (replicas, `.env`) must restore it."""
    compose_stack.ensure_serving()
    return compose_stack


@pytest.fixture
def load_stack(stack_with_locust: Stack) -> Stack:
    """The stack, ready for predictions, with the load generator's image."""
    stack_with_locust.ensure_serving()
    return stack_with_locust
