"""The load test against the real stack: its page, its workers, and runs without a page."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from capacity.commands.options import MOST_USERS
from capacity.generator.docker import docker_load_generator
from capacity.target.docker import Engine
from tests.e2e.compose_stack import LOAD_TESTING, PROJECT, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

WITHIN_SECONDS = 120
PORT_RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
STAIRS = {
    "LOCUST_SHAPE": "steps",
    "LOCUST_STEP_USERS": "10",
    "LOCUST_STEP_SECONDS": "3",
    "LOCUST_MAX_USERS": "30",
    "LOCUST_HOLD_SECONDS": "5",
}


@dataclass(frozen=True)
class LoadTest:
    """The load-testing Compose file, up beside the stack.

    Attributes:
        stack: The stack.
        url: Locust's page.
    """

    stack: Stack
    url: str = "http://127.0.0.1:8089"

    def post(self, path: str, **form: str) -> dict[str, Any]:
        """What a button of the page sends."""
        answer: dict[str, Any] = httpx.post(f"{self.url}{path}", data=form, timeout=60).json()
        return answer

    def stats(self) -> dict[str, Any]:
        """What the page shows."""
        stats: dict[str, Any] = httpx.get(f"{self.url}/stats/requests", timeout=30).json()
        return stats

    def requests(self) -> int:
        """Requests so far."""
        count: int = self.stats()["stats"][-1]["num_requests"]
        return count

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Poll until the condition holds."""
        deadline = time.monotonic() + WITHIN_SECONDS
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.2)
        logs = self.stack.compose("logs", "--no-color", "--tail", "60", file=LOAD_TESTING, check=False).stdout
        pytest.fail(f"{what}: not within {WITHIN_SECONDS} s\n{logs}")


@pytest.fixture
def load_test(stack: Stack) -> Iterator[LoadTest]:
    """The load test with two workers, healthy; gone after the test."""
    try:
        stack.compose("up", "--build", "--detach", "--wait", "--scale", "locust-worker=2", file=LOAD_TESTING)
        yield LoadTest(stack)
    finally:
        stack.compose("down", "--volumes", "--remove-orphans", file=LOAD_TESTING, check=False)


@pytest.fixture
def run_headless(stack: Stack) -> Iterator[Callable[..., tuple[int, str]]]:
    """Runs one Locust without a page, as README says; returns its exit code and what it said."""

    def run(*arguments: str, **variables: str) -> tuple[int, str]:
        options = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
        done = stack.compose(
            *("run", "--rm", "-T", *options, "locust", "--headless", *arguments), file=LOAD_TESTING, check=False
        )
        return done.returncode, done.stdout + done.stderr

    stack.compose("build", file=LOAD_TESTING)
    yield run
    stack.compose("down", "--volumes", "--remove-orphans", file=LOAD_TESTING, check=False)


def test_run_from_the_page(load_test: LoadTest, measured: Callable[[str], None]) -> None:
    """The page is there with the API's address filled in; a run starts, grows without failures, and stops."""
    page = httpx.get(load_test.url, timeout=30)
    assert page.is_success
    assert "<title>Locust" in page.text
    assert "http://gateway:8000" in page.text
    load_test.wait_until(lambda: len(load_test.stats()["workers"]) == 2, "two workers")

    assert load_test.post("/swarm", user_count="40", spawn_rate="40", host="http://gateway:8000")["success"]
    load_test.wait_until(lambda: load_test.stats()["user_count"] == 40, "40 users")
    load_test.wait_until(lambda: load_test.requests() >= 100, "100 requests")
    before = load_test.requests()
    load_test.wait_until(lambda: load_test.requests() >= before + 40, "40 more requests")
    stats = load_test.stats()
    assert [(row["method"], row["name"]) for row in stats["stats"]] == [("POST", "/predict"), ("", "Aggregated")]
    assert stats["errors"] == []
    assert sorted(worker["user_count"] for worker in stats["workers"]) == [20, 20]

    assert load_test.post("/stop")["success"]
    load_test.wait_until(lambda: load_test.stats()["state"] == "stopped", "the end of the run")
    row = load_test.stats()["stats"][0]
    measured(
        f"load test, 40 users on two workers: {row['num_requests']} requests, 0 failures, "
        f"median {row['median_response_time']} ms, p95 {row['response_time_percentile_0.95']} ms"
    )


def test_page_shows_why_a_run_does_not_start(load_test: LoadTest) -> None:
    """An address where no API is gets the reason on the page, and the next start works."""
    answer = load_test.post("/swarm", user_count="5", spawn_rate="5", host="http://nobody:8000")
    assert answer["success"] is False
    assert "http://nobody:8000 cannot be reached: host name not found" in answer["message"]
    assert load_test.post("/swarm", user_count="5", spawn_rate="5", host="http://gateway:8000")["success"]
    load_test.wait_until(lambda: load_test.stats()["user_count"] == 5, "5 users")


def test_page_is_on_loopback_only(load_test: LoadTest) -> None:
    """Like the stack's other pages, Locust's is published for this machine alone unless PAGES_BIND says otherwise."""
    ports = load_test.stack.compose("port", "locust", "8089", file=LOAD_TESTING).stdout.split()
    assert ports == ["127.0.0.1:8089"]


@pytest.mark.parametrize("user", ["fast", "lean", "open"])
def test_stairs_without_a_page(user: str, run_headless: Callable[..., tuple[int, str]]) -> None:
    """`LOCUST_SHAPE=steps` climbs by itself, with any user, and exits with 0 because nothing failed."""
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


def test_run_on_two_workers_without_a_page(stack: Stack) -> None:
    """Variables alone make `up` a run on several workers that ends by itself, with Locust's exit code."""
    variables = {
        "LOCUST_HEADLESS": "true",
        "LOCUST_EXPECT_WORKERS": "2",
        "LOCUST_USERS": "10",
        "LOCUST_SPAWN_RATE": "10",
        "LOCUST_RUN_TIME": "5s",
    }
    settings = stack.checkout / ".env"
    settings.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    try:
        arguments = ("up", "--build", "--scale", "locust-worker=2", "--exit-code-from", "locust")
        done = stack.compose(*arguments, file=LOAD_TESTING, seconds=180)
    finally:
        settings.unlink()
        stack.compose("down", "--volumes", "--remove-orphans", file=LOAD_TESTING, check=False)
    said = done.stdout + done.stderr
    assert "to 2 ready workers" in said
    assert "0(0.00%)" in said


def test_the_ports_of_closed_connections_leave_enough_for_the_next_users(stack: Stack) -> None:
    """A port stays taken for a minute; there are those of three times as many users as a run may have."""
    stack.compose("build", file=LOAD_TESTING)
    engine = Engine()
    [gateway] = engine.service_containers(PROJECT, "gateway")
    with docker_load_generator(engine, "gateway", gateway.network, f"http://{gateway.name}:8000", {}):
        crowd = engine.client.containers.get("taller5-crowd-gateway").exec_run(["cat", PORT_RANGE]).output.decode()
    page = stack.compose("run", "--rm", "--no-deps", "--entrypoint", "cat", "locust", PORT_RANGE, file=LOAD_TESTING)

    for ports in (crowd, page.stdout):
        least, most = map(int, ports.split())
        assert most - least > 3 * MOST_USERS
