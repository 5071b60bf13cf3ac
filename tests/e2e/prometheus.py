"""Prometheus of the Compose profile `monitoring`, asked over HTTP."""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.e2e.compose_stack import StackError

WITHIN_SECONDS = 180
_STEP_SECONDS = 5


@dataclass(frozen=True)
class Prometheus:
    """Prometheus' HTTP API.

    Attributes:
        url: Its address.
    """

    url: str = "http://127.0.0.1:9090"

    def instant(self, expression: str) -> list[dict[str, Any]]:
        """The series of this moment."""
        return self._result("query", query=expression)

    def has_data(self, expression: str, seconds: float) -> bool:
        """Whether a panel would draw a point: any number within the last seconds."""
        end = time.time()
        found = self._result("query_range", query=expression, start=end - seconds, end=end, step=_STEP_SECONDS)
        return any(math.isfinite(float(value)) for series in found for _, value in series["values"])

    def targets(self) -> Counter[str]:
        """How many targets of each job can be read now."""
        found: Counter[str] = Counter()
        for target in self._get("targets", state="active")["activeTargets"]:
            found[target["labels"]["job"]] += target["health"] == "up"
        return found

    def firing(self) -> set[str]:
        """The names of the alerts that fire now."""
        return {alert["labels"]["alertname"] for alert in self._get("alerts")["alerts"] if alert["state"] == "firing"}

    def wait_until(self, condition: Callable[[], object], what: Callable[[], object]) -> None:
        """Poll until the condition holds.

        Args:
            condition: The condition.
            what: Describes what there is instead.

        Raises:
            StackError: It does not hold within some minutes.
        """
        deadline = time.monotonic() + WITHIN_SECONDS
        while not self._holds(condition):
            if time.monotonic() > deadline:
                raise StackError(f"not within {WITHIN_SECONDS} s: {what()}")
            time.sleep(1)

    @staticmethod
    def _holds(condition: Callable[[], object]) -> bool:
        try:
            return bool(condition())
        except httpx.TransportError:  # it starts
            return False

    def _result(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get(path, **parameters)["result"]
        return found

    def _get(self, path: str, **parameters: Any) -> Any:
        answer = httpx.get(f"{self.url}/api/v1/{path}", params=parameters, timeout=20)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise httpx.ConnectError("it replays its log")
        assert answer.status_code == httpx.codes.OK, f"{parameters}: {answer.text}"
        return answer.json()["data"]
