"""Runs from the command line, as scripts and CI start them."""

import csv
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from service_process import Service, free_port

from tests.integration.locust.conftest import StartLocust
from tests.integration.locust.failing_api import error_server

pytestmark = pytest.mark.integration

QUICK = ("--headless", "--users", "8", "--spawn-rate", "8", "--run-time", "4s", "--stop-timeout", "5")


@pytest.mark.parametrize("user", ["fast", "lean"])
def test_requests_are_predictions_of_the_api(
    user: str, api: Service, predictions: Callable[[], int], start_locust: StartLocust, tmp_path: Path
) -> None:
    """The API counts what Locust counts, nothing fails, and the exit code is 0; the CSV has one row for each table."""
    before = predictions()
    swarm = start_locust(*QUICK, "--host", api.url, "--csv", str(tmp_path / "run"), LOCUST_USER=user)
    assert swarm.wait() == 0, swarm.output()
    with (tmp_path / "run_stats.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["Type"], row["Name"], row["Failure Count"]) for row in rows] == [
        ("POST", "/predict", "0"),
        ("", "Aggregated", "0"),
    ]
    count = int(rows[0]["Request Count"])
    assert count >= 8
    # Locust does not count the last request of a user that it stops during one.
    assert 0 <= predictions() - before - count <= 8
    assert "the API's own example" in swarm.output()


def test_metrics_without_a_page(api: Service, start_locust: StartLocust) -> None:
    """A run without a page serves them on the port that is chosen, and ends as it would without."""
    port = free_port()
    swarm = start_locust(*QUICK, "--host", api.url, LOCUST_METRICS_PORT=str(port))
    address = f"http://127.0.0.1:{port}/metrics"
    swarm.wait_until(lambda: "locust_users 8.0" in httpx.get(address, timeout=5).text, "8 users")
    assert swarm.wait() == 0, swarm.output()


def test_open_arrivals_have_their_rate(api: Service, start_locust: StartLocust, tmp_path: Path) -> None:
    """The number of requests is as planned and does not depend on the number of users."""
    swarm = start_locust(
        *(*QUICK, "--host", api.url, "--csv", str(tmp_path / "run")), LOCUST_USER="open", LOCUST_ARRIVAL_RATE="100"
    )
    assert swarm.wait() == 0, swarm.output()
    with (tmp_path / "run_stats.csv").open() as file:
        count = int(next(csv.DictReader(file))["Request Count"])
    # The 4 s include the start of the users; the upper bound is five standard deviations above the mean.
    assert 200 < count < 500


def test_failures_are_grouped_and_set_the_exit_code(start_locust: StartLocust, tmp_path: Path) -> None:
    """Failures are grouped by status and error code, whatever their detail says, and the exit code is 1."""
    with error_server() as url:
        swarm = start_locust(*QUICK, "--host", url, "--csv", str(tmp_path / "run"))
        assert swarm.wait() == 1, swarm.output()
    with (tmp_path / "run_failures.csv").open() as file:
        rows = {row["Error"]: int(row["Occurrences"]) for row in csv.DictReader(file)}
    assert set(rows) == {"CatchResponseError('HTTP 503 overloaded')", "CatchResponseError('HTTP 503')"}
    assert sum(rows.values()) >= 8


def test_unreachable_api_is_refused(start_locust: StartLocust) -> None:
    """The run is refused in bounded time, with the reason, an exit code and no traceback."""
    url = f"http://127.0.0.1:{free_port()}"
    swarm = start_locust(*QUICK, "--host", url, LOCUST_API_WAIT="1")
    assert swarm.wait() == 1
    assert f"The run does not start: {url} cannot be reached: connection refused" in swarm.output()
    assert "Waiting for the API" in swarm.output()
    assert "Traceback" not in swarm.output()


def test_run_waits_for_an_api_that_starts_late(start_locust: StartLocust) -> None:
    """An API that starts at the same time as the run may need a moment."""
    port = free_port()
    swarm = start_locust(*QUICK, "--host", f"http://127.0.0.1:{port}", LOCUST_API_WAIT="30")
    swarm.wait_for_output("Waiting for the API")
    with error_server(port):
        swarm.wait()
    assert "Every request to" in swarm.output()


@pytest.mark.parametrize(
    ("environment", "arguments", "reason"),
    [
        ({"LOCUST_USER": "quick"}, [], "LOCUST_USER must be fast or lean or open, not 'quick'"),
        ({"LOCUST_SHAPE": "stairs"}, [], "LOCUST_SHAPE must be empty or steps, not 'stairs'"),
        ({}, [], "no host is set: set LOCUST_HOST"),
        ({"LOCUST_HOST": "localhost:8000"}, [], "'localhost:8000' is no HTTP address"),
        (
            {"LOCUST_USER": "lean", "LOCUST_HOST": "http://me:it@127.0.0.1"},
            [],
            "use LOCUST_USER=fast for http://me:it@",
        ),
    ],
)
def test_invalid_settings_are_refused(
    environment: dict[str, str], arguments: list[str], reason: str, start_locust: StartLocust
) -> None:
    """Each invalid setting gives one message and exit code 1."""
    swarm = start_locust(*QUICK, *arguments, **environment)
    assert swarm.wait() == 1
    assert reason in swarm.output()
    assert "Traceback" not in swarm.output()


def test_ramp_that_is_too_steep_is_refused(api: Service, start_locust: StartLocust) -> None:
    """A ramp that the workers cannot follow is refused before the first user, and the process ends."""
    swarm = start_locust(
        *("--headless", "--host", api.url), LOCUST_SHAPE="steps", LOCUST_STEP_USERS="400", LOCUST_STEP_SECONDS="2"
    )
    assert swarm.wait() == 1, swarm.output()
    assert "use 2 workers or a longer LOCUST_STEP_SECONDS" in swarm.output()
    assert "Traceback" not in swarm.output()


@pytest.mark.parametrize("user", ["fast", "lean"])
def test_ramp(user: str, api: Service, start_locust: StartLocust) -> None:
    """`LOCUST_SHAPE=steps` sets the number of users at each step and ends the run by itself."""
    swarm = start_locust(
        *("--headless", "--host", api.url),
        LOCUST_USER=user,
        LOCUST_SHAPE="steps",
        LOCUST_STEP_USERS="5",
        LOCUST_STEP_SECONDS="2",
        LOCUST_MAX_USERS="12",
        LOCUST_HOLD_SECONDS="2",
    )
    assert swarm.wait() == 0, swarm.output()
    spawned = [line.split("(")[1].split()[0] for line in swarm.output().splitlines() if "All users spawned" in line]
    assert spawned == ["5", "10", "12"]


def test_one_user_class_is_listed(start_locust: StartLocust) -> None:
    """Locust lists one user class for each choice, and its own help works."""
    for user in ("fast", "lean"):
        swarm = start_locust("--list", LOCUST_USER=user)
        assert swarm.wait() == 0
        assert swarm.output().split()[-3:] == ["Available", "Users:", "PredictUser"]
    swarm = start_locust("--help")
    assert swarm.wait() == 0
    assert "--headless" in swarm.output()


def test_processes_share_the_run(api: Service, predictions: Callable[[], int], start_locust: StartLocust) -> None:
    """Locust's `--processes` sends the payload to each of them."""
    before = predictions()
    swarm = start_locust(*QUICK, "--host", api.url, "--processes", "2")
    assert swarm.wait() == 0, swarm.output()
    assert "to 2 ready workers" in swarm.output()
    assert predictions() - before >= 8


@pytest.mark.parametrize("option", ["--html", "--json-file", "--csv", "--logfile"])
def test_report_that_cannot_be_written_is_refused(option: str, api: Service, start_locust: StartLocust) -> None:
    """The run does not begin: a message names the option and the path, with exit code 1 and no traceback."""
    swarm = start_locust(*QUICK, "--host", api.url, option, "/proc/sys/kernel/run")
    assert swarm.wait() == 1
    assert swarm.output().startswith(f"locust: {option}: /proc/sys/kernel cannot be written by user ")
    assert "Traceback" not in swarm.output()
    assert "Starting Locust" not in swarm.output()
