"""A new version beside the champion in the real stack: README's commands, from the shadow to the promotion."""

import json
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.e2e.compose_stack import SAMPLE, Stack
from tests.e2e.registered_model import point, withdraw_challenger
from tests.e2e.steady_load import SteadyLoad

pytestmark = pytest.mark.e2e

REQUESTS = 2000
WITHIN_SECONDS = 240


def trained(stack: Stack, *options: str) -> dict[str, Any]:
    """Run the trainer as README says; returns what it printed."""
    done = stack.compose("run", "--rm", "model-trainer", *options)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def wait_for(stack: Stack, condition: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
    """Poll `/model` until the condition holds."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while time.monotonic() < deadline:
        found: dict[str, Any] = httpx.get(f"{stack.url}/model", timeout=10).json()
        if condition(found):
            return found
        time.sleep(0.5)
    pytest.fail(f"{what}: not within {WITHIN_SECONDS} s, but {found['challenger']}")


def versions_of(stack: Stack, identifiers: list[str]) -> list[str]:
    """Which version answered the requests with these ids."""
    with httpx.Client(base_url=stack.url, timeout=30) as client, ThreadPoolExecutor(4) as pool:

        def ask(identifier: str) -> str:
            answer = client.post("/predict", json=SAMPLE, headers={"X-Request-ID": identifier})
            return str(answer.raise_for_status().headers["X-Model-Version"])

        return list(pool.map(ask, identifiers))


@pytest.mark.timeout(900)
def test_from_the_shadow_to_the_promotion(stack: Stack, measured: Callable[[str], None]) -> None:
    """Shadow, agreement, 10 % canary within binomial bounds and promotion, without one failed request."""
    champion = httpx.get(f"{stack.url}/model", timeout=10).json()["version"]
    with SteadyLoad(stack.url, 50) as load:
        version = trained(stack, "--challenger", "--seed", "7", "--shadow-percent", "100")["version"]
        found = wait_for(
            stack,
            lambda model: (
                model["challenger"]
                and model["challenger"]["version"] == version
                and (model["challenger"]["agreement"] or {"rows": 0})["rows"] >= 200
            ),
            "compared rows",
        )
        agreement = found["challenger"]["agreement"]
        assert (found["version"], found["challenger"]["state"]) == (champion, "serving")
        assert agreement["equal"] == agreement["rows"]
        assert 0 < agreement["mean_relative_difference"] < 0.01

        assert trained(stack, "--canary-percent", "10")["canary_percent"] == "10"
        wait_for(stack, lambda model: model["challenger"]["canary_percent"] == 10, "10 %")
        identifiers = [uuid4().hex for _ in range(REQUESTS)]
        answered = Counter(versions_of(stack, identifiers))
        assert set(answered) == {champion, version}
        assert abs(answered[version] - 0.1 * REQUESTS) < 5 * (REQUESTS * 0.1 * 0.9) ** 0.5
        sample = identifiers[:100]
        assert versions_of(stack, sample) == versions_of(stack, sample)

        assert trained(stack, "--promote")["champion"] == version
        wait_for(stack, lambda model: (model["version"], model["challenger"]) == (version, None), "the promotion")
        load.send(100)

        point("challenger", champion)
        wait_for(stack, lambda model: (model["challenger"] or {}).get("version") == champion, "the old champion")
        assert trained(stack, "--withdraw")["challenger"] is None
        wait_for(stack, lambda model: model["challenger"] is None, "the withdrawal")
        load.send(100)
    withdraw_challenger()
    assert set(load.outcomes) == {"200"}, load.failures
    measured(
        f"challenger: {agreement['rows']} rows compared, mean relative difference "
        f"{agreement['mean_relative_difference']:.2g}; {answered[version]} of {REQUESTS} requests with 10 %; "
        f"{load.outcomes.total()} requests beside them, none failed, the slowest {load.slowest:.2f} s"
    )
