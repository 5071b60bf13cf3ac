"""Prometheus of the profile `monitoring`: targets, alerts, and the queries of the dashboards, under load.

Grafana's image cannot be had on every test machine. What it would ask Prometheus is in the dashboards, and is asked
here.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from monitoring.dashboards.files import BOARDS, text_of
from tests.e2e.compose_stack import LOAD_TESTING, SAMPLE, Stack
from tests.e2e.prometheus import Prometheus
from tests.e2e.registered_model import withdraw_challenger

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

REPLICAS = 3
USERS = {"user_count": "200", "spawn_rate": "100"}
LOCUST = "http://127.0.0.1:8089"
# As Grafana computes it of a scrape interval of 5 s and a range of some minutes.
RATE_INTERVAL = "20s"
RANGE_SECONDS = 600


@pytest.fixture(scope="module")
def prometheus(stack_with_locust: Stack) -> Iterator[Prometheus]:
    """Prometheus beside a load test with 200 users, and three replicas with a challenger and a prediction log."""
    stack = stack_with_locust
    stack.ensure_serving()
    settings = stack.checkout / ".env"
    settings.write_text(f"API_REPLICAS={REPLICAS}\nPREDICTION_LOG_PERCENT=10\n")
    try:
        train = ("--challenger", "--shadow-percent", "50", "--canary-percent", "20")
        stack.compose("run", "--rm", "-T", "model-trainer", *train)
        stack.compose("up", "-d", "--no-deps", "fastapi-app", "prometheus")
        stack.compose("up", "-d", "--wait", file=LOAD_TESTING)
        assert httpx.post(f"{LOCUST}/swarm", data=USERS, timeout=60).json()["success"]
        yield Prometheus()
    finally:
        settings.unlink()
        stack.compose("down", "--volumes", "--remove-orphans", file=LOAD_TESTING, check=False)
        stack.compose("rm", "--stop", "--force", "--volumes", "prometheus", check=False)
        withdraw_challenger()
        stack.compose("up", "-d", "--no-deps", "fastapi-app")
        stack.wait_until_serving()


def queries() -> Iterator[tuple[str, str]]:
    """Every query of every panel, as Grafana would send it, with the name of the panel."""
    for name in BOARDS:
        board: dict[str, Any] = json.loads(text_of(name))
        for panel in board["panels"]:
            for query in panel.get("targets", ()):
                yield f"{board['title']}: {panel['title']}", query["expr"].replace("$__rate_interval", RATE_INTERVAL)


def test_every_part_of_the_stack_is_a_target(prometheus: Prometheus) -> None:
    """Each of three replicas is found by Docker's DNS; gateway, MLflow, MinIO and Locust have metrics as well."""
    wanted = {"inference-api": REPLICAS} | dict.fromkeys(("gateway", "locust", "minio", "mlflow", "prometheus"), 1)
    prometheus.wait_until(lambda: prometheus.targets() == wanted, prometheus.targets)


def test_drift_fires_alerts(prometheus: Prometheus) -> None:
    """Users that send one row all the time look like no training data, in every column and in the predictions."""
    prometheus.wait_until(lambda: prometheus.firing() >= {"FeatureDrift", "PredictionDrift"}, prometheus.firing)


def test_a_stopped_service_fires_alerts(prometheus: Prometheus, stack_with_locust: Stack) -> None:
    """With all replicas stopped, under load, three alerts fire; when they are back, those about this moment end."""
    stack = stack_with_locust
    now = {"NoReplicaReady", "GatewayWithoutServer"}
    wanted = {*now, "GatewayErrors"}
    stack.compose("stop", "--timeout", "2", "fastapi-app")
    try:
        prometheus.wait_until(lambda: prometheus.firing() >= wanted, prometheus.firing)
    finally:
        stack.compose("start", "fastapi-app")
        stack.wait_until_serving()
    prometheus.wait_until(lambda: not prometheus.firing() & now, prometheus.firing)


def test_every_query_of_the_dashboards_has_data(prometheus: Prometheus, stack_with_locust: Stack) -> None:
    """Each panel of each dashboard draws something."""
    missing: list[tuple[str, str]] = []

    def complete() -> bool:
        batch = httpx.post(f"{stack_with_locust.url}/predict/batch", json=[SAMPLE] * 3, timeout=20)
        assert batch.status_code == httpx.codes.OK
        missing[:] = [(panel, query) for panel, query in queries() if not prometheus.has_data(query, RANGE_SECONDS)]
        return not missing

    prometheus.wait_until(complete, lambda: missing)


def test_metrics_of_the_network_are_not_published(prometheus: Prometheus, stack_with_locust: Stack) -> None:
    """The gateway's and MinIO's metrics are for Prometheus alone: no published port answers with them."""
    assert prometheus.instant('haproxy_frontend_current_sessions{proxy="api"}')
    for address in (stack_with_locust.url, "http://127.0.0.1:8009"):
        for path in ("/metrics", "/minio/v2/metrics/cluster"):
            text = httpx.get(f"{address}{path}", timeout=20).text
            assert "haproxy_" not in text
            assert "minio_" not in text
