"""Runs started in Locust's UI: the requests of its page, without a browser."""

import json
import re

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from service_process import Service, free_port

from tests.integration.locust.conftest import StartLocust, Swarm

pytestmark = pytest.mark.integration

FORM = {"user_count": "4", "spawn_rate": "4"}


def page_arguments(swarm: Swarm) -> dict[str, object]:
    """The arguments of the page's template."""
    page = httpx.get(swarm.ui, timeout=30).text
    found = re.search(r"window\.templateArgs\s*=\s*(\{.*\})", page)
    assert found, page[:2000]
    arguments: dict[str, object] = json.loads(found[1])
    return arguments


def wait_for_page(swarm: Swarm) -> None:
    """Poll until the page is served."""
    swarm.wait_until(lambda: httpx.get(swarm.ui, timeout=5).is_success, "the page")


def test_run_is_started_and_stopped(api: Service, start_locust: StartLocust) -> None:
    """The start button starts a run without failures, the stop button stops it, and both work twice."""
    swarm = start_locust("--host", api.url)
    wait_for_page(swarm)
    for _ in range(2):
        assert swarm.start(**FORM)["success"]
        # Until the new run has begun, the page shows the last one.
        swarm.wait_until(lambda: swarm.stats()["user_count"] == 4, "4 users")
        swarm.wait_until(lambda: swarm.requests() >= 8, "8 requests")
        stats = swarm.stats()
        assert [(row["method"], row["name"], row["num_failures"]) for row in stats["stats"][:1]] == [
            ("POST", "/predict", 0)
        ]
        swarm.stop()
        swarm.wait_until(lambda: swarm.stats()["state"] == "stopped", "the end of the run")


def test_metrics_are_on_the_page_s_port(api: Service, start_locust: StartLocust) -> None:
    """`/metrics` has the figures of the page, before, in and after a run."""
    swarm = start_locust("--host", api.url)
    wait_for_page(swarm)
    assert metrics_of(swarm.ui) == {"locust_users": 0, "locust_workers": 1}
    assert swarm.start(**FORM)["success"]
    quantile = 'locust_response_time_seconds{quantile="0.99"}'
    swarm.wait_until(lambda: quantile in metrics_of(swarm.ui), "response times")
    found = metrics_of(swarm.ui)
    assert found["locust_users"] == 4
    assert found['locust_failures_total{method="POST",name="/predict"}'] == 0
    assert 0 < found['locust_response_time_seconds{quantile="0.5"}'] <= found[quantile] < 10
    swarm.stop()
    swarm.wait_until(lambda: swarm.stats()["state"] == "stopped", "the end of the run")
    assert metrics_of(swarm.ui)["locust_users"] == 0
    assert metrics_of(swarm.ui)['locust_requests_total{method="POST",name="/predict"}'] == swarm.requests()


def metrics_of(url: str) -> dict[str, float]:
    """The metrics that Prometheus would read, each by its name with its labels."""
    families = text_string_to_metric_families(httpx.get(f"{url}/metrics", timeout=30).raise_for_status().text)
    found = {}
    for family in families:
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_refusal_is_shown_and_the_next_start_works(api: Service, start_locust: StartLocust) -> None:
    """A start that cannot work is answered with the reason; then a start with another host works."""
    unreachable = f"http://127.0.0.1:{free_port()}"
    swarm = start_locust("--host", unreachable, LOCUST_API_WAIT="0")
    wait_for_page(swarm)
    answer = swarm.start(**FORM, host=unreachable)
    assert answer["success"] is False
    assert answer["message"] == f"The run does not start: {unreachable} cannot be reached: connection refused"
    assert answer["message"] in swarm.output()
    assert swarm.start(**FORM, host=f"{api.url}/")["success"]
    swarm.wait_until(lambda: swarm.requests() >= 4, "4 requests")
    assert swarm.stats()["fail_ratio"] == 0


def test_page_has_inputs_unless_a_ramp_is_chosen(api: Service, start_locust: StartLocust) -> None:
    """Without a ramp the page has inputs for the users; with one it has none, and the start button starts the ramp."""
    free = start_locust("--host", api.url)
    wait_for_page(free)
    assert not page_arguments(free)["hide_common_options"]
    small = {"LOCUST_STEP_USERS": "2", "LOCUST_STEP_SECONDS": "2", "LOCUST_MAX_USERS": "4", "LOCUST_HOLD_SECONDS": "60"}
    ramp = start_locust("--host", api.url, LOCUST_SHAPE="steps", **small)
    wait_for_page(ramp)
    assert page_arguments(ramp)["hide_common_options"]
    assert ramp.start()["success"]
    ramp.wait_until(lambda: ramp.stats()["user_count"] == 4, "the last step")
    ramp.stop()


def test_ramp_that_is_too_steep_is_refused_on_the_page(api: Service, start_locust: StartLocust) -> None:
    """Each start is answered with what the workers would need."""
    swarm = start_locust("--host", api.url, LOCUST_SHAPE="steps", LOCUST_STEP_SECONDS="1")
    wait_for_page(swarm)
    for _ in range(2):
        assert "use 5 workers or a longer LOCUST_STEP_SECONDS" in swarm.start()["message"]


def test_master_with_missing_late_and_lost_workers(api: Service, start_locust: StartLocust) -> None:
    """A master without workers refuses; a late worker gets the payload and its share; a lost worker's users move."""
    port = str(free_port())
    master = start_locust("--master", "--enable-rebalancing", "--master-bind-port", port, "--host", api.url)
    wait_for_page(master)
    assert "no worker is connected" in master.start(**FORM)["message"]
    workers = []
    for expected in (1, 2):
        workers.append(start_locust("--worker", "--master-port", port))
        master.wait_for_output(f"{expected} workers connected")
        if expected == 1:
            assert master.start(**FORM)["success"]
        master.wait_until(lambda: master.stats()["user_count"] == 4, "4 users")
    master.wait_until(
        lambda: sorted(worker["user_count"] for worker in master.stats()["workers"]) == [2, 2], "2 users on each worker"
    )
    before = master.requests()
    master.wait_until(lambda: master.requests() >= before + 12, "12 more requests")
    assert master.stats()["fail_ratio"] == 0
    workers[0].process.kill()
    master.wait_until(lambda: len(active_workers(master)) == 1, "the loss of a worker")
    master.wait_until(lambda: master.stats()["user_count"] == 4, "the users of the lost worker on the other")


def active_workers(master: Swarm) -> list[str]:
    """States of the workers that the master does not miss."""
    return [worker["state"] for worker in master.stats()["workers"] if worker["state"] != "missing"]
