"""The verdict of a stress test."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity.commands.stress import evaluate_stress
from capacity.model.limits import Limits
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from tests.unit.locust.capacity.trial.servers import step_of

QUIET = step_of(1750, seconds=1)
LATE = replace(QUIET, p99_ms=4000)
FULL = replace(QUIET, api_memory_peak_mib=158)
LIMITS = Limits(0.1, 160)


def _rise(*achieved: float) -> list[Step]:
    return [step_of(1750 * number, achieved=rate) for number, rate in enumerate(achieved, start=1)]


def test_steady_goodput_and_recovery_hold() -> None:
    """The recovery lasts from the end of the overload to the first second that holds."""
    verdict = evaluate_stress(_rise(1000, 1900, 1850), [LATE, LATE, QUIET, QUIET], SloEvaluator(), LIMITS)
    assert verdict.holds
    assert (verdict.best, verdict.overloaded, verdict.offered, verdict.recovery_seconds) == (1900, 1850, 3000, 2)
    assert verdict.overload == pytest.approx(3000 / 1900)
    assert "3,000 requests per second" in verdict.sentence
    assert "97% of it is left" in verdict.sentence


@pytest.mark.parametrize(
    ("achieved", "recovering", "word"),
    [
        ((1000, 1900, 900), [QUIET], "47% of it is left"),
        ((1000, 1900, 1800), [LATE] * 12, "did not recover"),
        ((1000, 1900, 1800), [FULL] * 12, "did not recover"),
        ((1000, 1900, 1800), [*[LATE] * 11, QUIET], "recovered after 11.0 s"),
        ((1000, 1900, 1800), [replace(QUIET, deaths=1), QUIET], "1 containers ended"),
        ((0, 0, 0), [QUIET], "0% of it is left"),
    ],
)
def test_collapse_slow_recovery_and_exit_fail(achieved: tuple[float, ...], recovering: list[Step], word: str) -> None:
    """Each by itself; the recovery has to meet all criteria, also that of memory."""
    verdict = evaluate_stress(_rise(*achieved), recovering, SloEvaluator(), LIMITS)
    assert not verdict.holds
    assert word in verdict.sentence
