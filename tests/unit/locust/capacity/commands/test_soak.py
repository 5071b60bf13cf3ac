"""The verdict of a soak test."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from capacity.commands.soak import Growth, evaluate_soak
from capacity.model.criteria import Criterion
from capacity.model.limits import Limits
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from capacity.model.verdict import Fails
from tests.unit.locust.capacity.trial.servers import step_of

LIMITS = Limits(0.1, 160)


def _steps(count: int, mib_per_hour: float, noise: float = 0, warm_up: float = 0) -> list[Step]:
    dice = random.Random(4)
    return [
        replace(
            step_of(1000, seconds=30),
            api_memory_peak_mib=80
            + mib_per_hour * number * 30 / 3600
            + dice.gauss(0, noise)
            + (warm_up * number if number < count // 4 else warm_up * (count // 4)),
        )
        for number in range(count)
    ]


def test_the_slope_is_that_of_least_squares() -> None:
    """As numpy fits a straight line to the steps after the first quarter."""
    steps = _steps(40, mib_per_hour=25, noise=0.5)
    kept = steps[10:]
    fit = np.polyfit(np.arange(1, 31) * 30 / 3600, [step.api_memory_peak_mib for step in kept], 1, cov=True)
    growth = Growth.of(steps)
    assert growth.mib_per_hour == pytest.approx(float(fit[0][0]))
    assert growth.error == pytest.approx(float(np.sqrt(fit[1][0, 0])), rel=0.05)


@pytest.mark.parametrize(("mib_per_hour", "leaks"), [(0, False), (8, False), (60, True), (-60, False)])
def test_leak_is_told_from_noise(mib_per_hour: float, leaks: bool) -> None:  # noqa: FBT001 - a parameter
    """Only growth significantly above the allowed one is a leak."""
    verdict = evaluate_soak(_steps(40, mib_per_hour, noise=0.3), SloEvaluator(), LIMITS, allowed=10)
    assert verdict.holds is not leaks
    assert verdict.sentence.startswith("leaks" if leaks else "holds")


def test_growth_in_the_first_quarter_is_no_leak() -> None:
    """Caches fill in it."""
    assert evaluate_soak(_steps(40, 0, noise=0.1, warm_up=3), SloEvaluator(), LIMITS, allowed=10).holds


def test_step_that_does_not_hold_fails_the_soak() -> None:
    """The verdict is that of the first one."""
    steps = _steps(8, 0)
    steps[5] = replace(steps[5], p99_ms=900)
    verdict = evaluate_soak(steps, SloEvaluator(), LIMITS, allowed=10)
    assert verdict.first == Fails(Criterion.P99, 6, 1000, 900, 250)
    assert not verdict.holds
    assert "p99 of 900 ms" in verdict.sentence


def test_nearly_full_memory_fails_the_soak() -> None:
    """All criteria apply, also that of memory, which does not grow here."""
    steps = [replace(step, api_memory_peak_mib=157) for step in _steps(8, 0)]
    verdict = evaluate_soak(steps, SloEvaluator(), LIMITS, allowed=10)
    assert verdict.first == Fails(Criterion.MEMORY, 1, 1000, 157, 0.98 * 160)
    assert not verdict.holds


def test_too_few_steps_are_an_error() -> None:
    """A slope needs at least four steps."""
    with pytest.raises(ValueError, match="3 steps are too few"):
        Growth.of(_steps(3, 0))
