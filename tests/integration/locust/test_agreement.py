"""The fast and the lean user report the same; their CPU cost is compared."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from service_process import Service

from tests.integration.locust.conftest import StartLocust, Swarm

pytestmark = pytest.mark.integration

USERS = 200
# A burst at the start would dominate the percentiles.
SPAWN_RATE = 80
# Until all users run, and twice the longest wait between two requests.
SECONDS = 8
PERCENTILES = (0.5, 0.95, 0.99)


def percentile(times: Counter[float], share: float) -> float:
    """The smallest time that this share of the requests did not exceed."""
    wanted = share * times.total()
    reached = 0
    for milliseconds in sorted(times):
        reached += times[milliseconds]
        if reached >= wanted:
            return milliseconds
    raise ValueError("no requests")


def test_users_agree_where_neither_is_the_limit(
    api: Service,
    predictions: Callable[[], int],
    start_locust: StartLocust,
    tmp_path: Path,
    measured: Callable[[str], None],
) -> None:
    """Against the same real API: the same rows, no failure, and the API counts the same number of requests.

    The percentiles and the cost are shown, not asserted, because they depend on the machine and its other load.
    """
    times: dict[str, Counter[float]] = {}
    cost: dict[str, float] = {}
    load = ("--users", str(USERS), "--spawn-rate", str(SPAWN_RATE), "--run-time", f"{SECONDS}s", "--stop-timeout", "10")
    for user in ("fast", "lean"):
        result = tmp_path / f"{user}.json"
        before = predictions()
        swarm = start_locust(
            *("--headless", "--host", api.url, "--json-file", str(result.with_suffix("")), *load), LOCUST_USER=user
        )
        swarm.wait_for_output("All users spawned")
        seconds, count = _cpu_seconds(swarm.process.pid), predictions()
        _wait_for(swarm, predictions, count + 2 * USERS)
        cost[user] = (_cpu_seconds(swarm.process.pid) - seconds) / (predictions() - count) * 1e6
        assert swarm.wait() == 0, swarm.output()
        (row,) = json.loads(result.read_text())
        assert (row["method"], row["name"], row["num_failures"]) == ("POST", "/predict", 0)
        # Locust does not count the last request of a user that it stops during one.
        assert 0 <= predictions() - before - row["num_requests"] <= USERS
        times[user] = Counter({float(time): number for time, number in row["response_times"].items()})
    for user, found in times.items():
        shown = ", ".join(f"p{share * 100:g} {percentile(found, share):g} ms" for share in PERCENTILES)
        measured(f"{user}: {found.total()} requests, {shown}; Locust's own CPU {cost[user]:.0f} us a request")
    measured(f"the fast user costs {cost['fast'] / cost['lean']:.1f} times the lean one")


def _wait_for(swarm: Swarm, predictions: Callable[[], int], count: int) -> None:
    swarm.wait_until(lambda: predictions() >= count, f"{count} predictions")


def _cpu_seconds(pid: int) -> float:
    spent = psutil.Process(pid).cpu_times()
    return float(spent.user + spent.system)
