"""The load test against the real stack, without its page."""

from collections.abc import Callable, Iterator

import pytest

from capacity.commands.options import MOST_USERS
from capacity.generator.docker import docker_load_generator
from capacity.target.docker import Engine
from tests.e2e.compose_stack import LOAD_TESTING, PROJECT, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PORT_RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
STAIRS = {
    "LOCUST_SHAPE": "steps",
    "LOCUST_STEP_USERS": "10",
    "LOCUST_STEP_SECONDS": "2",
    "LOCUST_MAX_USERS": "30",
    # Longer than the longest wait of a user between two requests.
    "LOCUST_HOLD_SECONDS": "3",
}


@pytest.fixture
def run_headless(load_stack: Stack) -> Iterator[Callable[..., tuple[int, str]]]:
    """Runs Locust without a page, as in README; returns its exit code and its output."""

    def run(*arguments: str, **variables: str) -> tuple[int, str]:
        options = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
        done = load_stack.compose(
            *("run", "--rm", "-T", *options, "locust", "--headless", *arguments), file=LOAD_TESTING, check=False
        )
        return done.returncode, done.stdout + done.stderr

    yield run
    load_stack.compose("down", "--volumes", "--remove-orphans", file=LOAD_TESTING, check=False)


@pytest.mark.parametrize("user", ["fast", "lean", "open"])
def test_stairs_without_a_page(user: str, run_headless: Callable[..., tuple[int, str]]) -> None:
    """`LOCUST_SHAPE=steps` runs the ramp by itself, with any user, and exits with 0 because nothing failed."""
    code, said = run_headless("--only-summary", LOCUST_USER=user, **STAIRS)
    assert code == 0, said
    for users in (10, 20, 30):
        assert f"({users} total users)" in said
    assert "0(0.00%)" in said


def test_refusal_without_a_page(run_headless: Callable[..., tuple[int, str]]) -> None:
    """Without an API the container ends with exit code 1 and the reason."""
    code, said = run_headless("--run-time", "2s", LOCUST_HOST="http://nobody:8000", LOCUST_API_WAIT="0")
    assert code == 1
    assert "The run does not start: http://nobody:8000 cannot be reached" in said
    assert "Traceback" not in said


def test_run_on_two_workers_without_a_page(load_stack: Stack) -> None:
    """Variables alone make `up` a run on several workers that ends by itself, with Locust's exit code."""
    variables = {
        "LOCUST_HEADLESS": "true",
        "LOCUST_EXPECT_WORKERS": "2",
        "LOCUST_USERS": "10",
        "LOCUST_SPAWN_RATE": "10",
        "LOCUST_RUN_TIME": "3s",
    }
    settings = load_stack.checkout / ".env"
    settings.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    try:
        arguments = ("up", "--scale", "locust-worker=2", "--exit-code-from", "locust")
        done = load_stack.compose(*arguments, file=LOAD_TESTING, seconds=180)
    finally:
        settings.unlink()
        load_stack.compose("down", "--volumes", "--remove-orphans", file=LOAD_TESTING, check=False)
    said = done.stdout + done.stderr
    assert "to 2 ready workers" in said
    assert "0(0.00%)" in said


def test_the_ports_of_closed_connections_leave_enough_for_the_next_users(load_stack: Stack) -> None:
    """A port is taken for a minute; there are enough ports for three times the users of a run."""
    engine = Engine()
    [gateway] = engine.service_containers(PROJECT, "gateway")
    with docker_load_generator(engine, "gateway", gateway.network, f"http://{gateway.name}:8000", {}):
        container = engine.client.containers.get("taller5-load-generator-gateway")
        generator = container.exec_run(["cat", PORT_RANGE]).output.decode()
    page = load_stack.compose(
        "run", "--rm", "--no-deps", "--entrypoint", "cat", "locust", PORT_RANGE, file=LOAD_TESTING
    )

    for ports in (generator, page.stdout):
        least, most = map(int, ports.split())
        assert most - least > 3 * MOST_USERS
