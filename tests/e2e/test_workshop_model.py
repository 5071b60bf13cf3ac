"""The workshop's part "Un modelo nuevo, sin miedo", command by command, with what a student sees after each step."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from tests.e2e.compose_stack import Stack
from tests.e2e.prometheus import Prometheus
from tests.e2e.readme import Reader
from tests.e2e.registered_model import champion, point, withdraw_challenger
from tests.unit.docs.markdown import Document

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

SECTION: Final = "Un modelo nuevo, sin miedo"
BLOCKS: Final = [block for block in Document.read("Taller.md").section(SECTION) if block.language == "bash"]
# Grafana's image cannot be had on every test machine.
MONITORING: Final = "docker compose -f docker-compose-api.yml --profile monitoring up -d"
WITHIN_SECONDS: Final = 180


@pytest.fixture
def reader(stack: Stack) -> Iterator[Reader]:
    """A reader with a stack that serves; the reference model serves again afterwards, without a challenger."""
    before = champion()
    yield Reader(stack)
    stack.compose("rm", "--stop", "--force", "--volumes", "prometheus", check=False)
    withdraw_challenger()
    point("champion", before)
    wait_for(stack, lambda model: "feature1" in str(model.get("signature")))


def wait_for(stack: Stack, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """Ask `/model` until the condition holds."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not condition(found := httpx.get(f"{stack.url}/model", timeout=10).json()):
        assert time.monotonic() < deadline, found
        time.sleep(0.5)
    model: dict[str, Any] = found
    return model


def typed(reader: Reader, text: str) -> str:
    """What a block of commands prints; all of them succeed."""
    done = reader.type(text)
    assert done.returncode == 0, f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def test_a_new_model_without_fear(reader: Reader, measured: Callable[[str], None]) -> None:
    """Train, shadow, agreement, canary, promotion and drift: each command has the result of the text."""
    stack = reader.stack
    champion_block, challenger_block, visits, canary, promotion, drift = (block.text for block in BLOCKS)

    typed(reader, champion_block)
    first = wait_for(stack, lambda model: "metros" in str(model.get("signature")))["version"]
    challenger = json.loads(typed(reader, challenger_block).splitlines()[-1])["version"]
    wait_for(stack, lambda model: (model["challenger"] or {}).get("state") == "serving")

    typed(reader, visits)
    found = wait_for(stack, lambda model: (model["challenger"]["agreement"] or {"rows": 0})["rows"] >= 1000)
    agreement = found["challenger"]["agreement"]
    assert 0 < agreement["mean_relative_difference"] < 0.2

    canary_command, loop = canary.split("\n", 1)
    typed(reader, canary_command)
    wait_for(stack, lambda model: model["challenger"]["canary_percent"] == 10)
    counted = {
        version: int(count) for count, version in re.findall(r"(\d+) x-model-version: (\d+)", typed(reader, loop))
    }
    assert counted.keys() == {first, challenger}
    assert sum(counted.values()) == 200

    typed(reader, promotion)
    wait_for(stack, lambda model: model["version"] == challenger)

    stack.compose("up", "-d", "--no-deps", "prometheus")
    assert drift.startswith(f"{MONITORING}\n")
    unshifted, shifted = (part.strip() for part in drift.removeprefix(MONITORING).split("\nawk "))
    typed(reader, unshifted)
    like = wait_for(stack, lambda model: model["drift"]["columns"]["metros"] is not None)["drift"]["columns"]
    assert max(like.values()) < 0.1
    typed(reader, f"awk {shifted}")
    unlike = wait_for(stack, lambda model: model["drift"]["columns"]["metros"] > 0.25)["drift"]["columns"]
    prometheus = Prometheus()
    prometheus.wait_until(lambda: "FeatureDrift" in prometheus.firing(), prometheus.firing)
    measured(
        f"workshop: {agreement['rows']} rows compared, mean relative difference "
        f"{agreement['mean_relative_difference']:.3f}; {counted[challenger]} of 200 by the challenger; "
        f"drift {like} and {unlike}"
    )
