"""Several replicas behind the one port."""

import subprocess
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.e2e import replica
from tests.e2e.compose_stack import Stack, StackError
from tests.e2e.steady_load import SteadyLoad

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

REPLICAS = 3
# Requests for five seconds: the gateway, which checks its servers every second, has seen by then what changed.
AFTERWARDS = 500
PAUSE_SECONDS = 12


@pytest.fixture(scope="module")
def scaled(compose_stack: Stack) -> Iterator[Stack]:
    """The stack with three replicas, all of them ready."""
    compose_stack.ensure_serving()
    _scale(compose_stack, REPLICAS)
    _wait_until_all_take_part(compose_stack, REPLICAS)
    yield compose_stack
    _scale(compose_stack, 1)


def _scale(stack: Stack, replicas: int) -> None:
    stack.compose("up", "-d", "--no-deps", "--no-recreate", "--scale", f"fastapi-app={replicas}", "fastapi-app")


def _wait_until_all_take_part(stack: Stack, replicas: int) -> None:
    """Wait until the gateway's predictions are counted in as many replicas."""
    deadline = time.monotonic() + 180
    while True:
        for _ in range(10 * replicas):
            stack.predict()
        busy = [name for name in stack.replicas() if replica.predictions(name) > 0]
        if len(busy) >= replicas:
            return
        if time.monotonic() > deadline:
            raise StackError(f"only {busy} take part in the predictions")
        time.sleep(0.2)


def test_every_replica_takes_part_behind_the_same_port(scaled: Stack) -> None:
    """`--scale fastapi-app=3` works as the file stands: three replicas answer on port 8000, each by its own socket."""
    assert {replica.slot(name) for name in scaled.replicas()} == {1, 2, 3}


def test_a_paused_replica_s_predictions_go_to_another(scaled: Stack, measured: Callable[[str], None]) -> None:
    """While one of three replicas is paused for 12 s, every prediction is answered, none only after it goes on."""
    victim = scaled.replicas()[-1]
    with SteadyLoad(scaled.url, rate=100) as load:
        load.send(300)
        replica.pause(victim)
        load.send(100 * PAUSE_SECONDS)
        replica.resume(victim)
        load.send(300)

    measured(f"a replica paused for 12 s under 100 req/s: {dict(load.outcomes)}, slowest {load.slowest:.3f} s")
    assert load.outcomes == {"200": load.outcomes.total()}, load.failures
    assert load.slowest < PAUSE_SECONDS / 2


def test_no_prediction_is_lost_when_a_replica_is_killed(scaled: Stack, measured: Callable[[str], None]) -> None:
    """With SIGKILL for one of three replicas in the middle of 100 requests a second, every one is answered 200."""
    victim = scaled.replicas()[-1]
    with SteadyLoad(scaled.url, rate=100) as load:
        load.send(200)
        subprocess.run(["docker", "kill", victim], check=True, capture_output=True)
        load.send(AFTERWARDS)

    measured(f"a replica killed under 100 req/s: {dict(load.outcomes)}, slowest {load.slowest:.3f} s")
    assert load.outcomes == {"200": load.outcomes.total()}, load.failures


def test_a_killed_replica_s_socket_is_taken_over(scaled: Stack, measured: Callable[[str], None]) -> None:
    """A replica that comes under load gets the socket that the killed one left, takes its share, and none is lost."""
    [free] = {1, 2, 3} - {replica.slot(name) for name in scaled.replicas()}
    with SteadyLoad(scaled.url, rate=100) as load:
        _scale(scaled, REPLICAS)
        _wait_until_all_take_part(scaled, REPLICAS)
        load.send(AFTERWARDS)

    measured(f"a replica added under 100 req/s: {dict(load.outcomes)}, slowest {load.slowest:.3f} s")
    assert load.outcomes == {"200": load.outcomes.total()}, load.failures
    assert free in {replica.slot(name) for name in scaled.replicas()}


def test_no_prediction_is_lost_when_replicas_are_taken_away(scaled: Stack, measured: Callable[[str], None]) -> None:
    """Scaling down to one replica under load loses no request either."""
    with SteadyLoad(scaled.url, rate=100) as load:
        _scale(scaled, 1)
        load.send(AFTERWARDS)

    measured(f"scaled down to one under 100 req/s: {dict(load.outcomes)}, slowest {load.slowest:.3f} s")
    assert load.outcomes == {"200": load.outcomes.total()}, load.failures


def test_the_gateway_gives_the_reason_when_no_replica_lives(stack: Stack) -> None:
    """With every replica stopped, cleanly, the gateway answers 503 itself, in the API's shape and with Retry-After."""
    replicas = stack.replicas()
    stack.compose("stop", "fastapi-app")
    try:
        assert [replica.exit_code(name) for name in replicas] == [0] * len(replicas)
        answer = _wait_for_refusal(stack)
        assert answer.headers["Content-Type"] == "application/json"
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.json().keys() == {"error", "detail", "fields"}
        assert answer.json()["error"] == "not_ready"
    finally:
        stack.compose("start", "fastapi-app")


def _wait_for_refusal(stack: Stack) -> httpx.Response:
    deadline = time.monotonic() + 30
    while (answer := stack.predict()).status_code != httpx.codes.SERVICE_UNAVAILABLE:
        if time.monotonic() > deadline:
            raise StackError(f"the gateway still answers {answer.status_code}")
        time.sleep(0.2)
    return answer
