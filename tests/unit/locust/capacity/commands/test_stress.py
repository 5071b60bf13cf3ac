"""Past the limit and back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity.commands.stress import judge_stress
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from tests.unit.locust.capacity.trial.servers import step_of

QUIET = step_of(1750, seconds=1)
LATE = replace(QUIET, p99_ms=4000)


def _rise(*achieved: float) -> list[Step]:
    return [step_of(1750 * number, achieved=rate) for number, rate in enumerate(achieved, start=1)]


def test_what_stays_at_its_best_and_comes_back_holds() -> None:
    """Recovery counts from the end of the load to the first second that holds."""
    verdict = judge_stress(_rise(1000, 1900, 1850), [LATE, LATE, QUIET, QUIET], SloEvaluator())
    assert verdict.holds
    assert (verdict.best, verdict.overloaded, verdict.offered, verdict.recovery_seconds) == (1900, 1850, 3000, 2)
    assert verdict.overload == pytest.approx(3000 / 1900)
    assert "3,000 requests a second" in verdict.sentence
    assert "97% of it is left" in verdict.sentence


@pytest.mark.parametrize(
    ("achieved", "recovering", "word"),
    [
        ((1000, 1900, 900), [QUIET], "47% of it is left"),
        ((1000, 1900, 1800), [LATE] * 12, "recovered after never"),
        ((1000, 1900, 1800), [*[LATE] * 11, QUIET], "recovered after 11.0 s"),
        ((1000, 1900, 1800), [replace(QUIET, deaths=1), QUIET], "1 containers ended"),
        ((0, 0, 0), [QUIET], "0% of it is left"),
    ],
)
def test_a_collapse_a_slow_way_back_and_an_end_do_not_hold(
    achieved: tuple[float, ...], recovering: list[Step], word: str
) -> None:
    """Each by itself."""
    verdict = judge_stress(_rise(*achieved), recovering, SloEvaluator())
    assert not verdict.holds
    assert word in verdict.sentence
