"""Durability: whether memory grows."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from capacity.commands.soak import Growth, judge_soak
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from capacity.model.verdict import Criterion, Fails
from tests.unit.locust.capacity.trial.servers import step_of


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
    """The same as numpy's fit of a straight line to what comes after the first quarter."""
    steps = _steps(40, mib_per_hour=25, noise=0.5)
    kept = steps[10:]
    fit = np.polyfit(np.arange(1, 31) * 30 / 3600, [step.api_memory_peak_mib for step in kept], 1, cov=True)
    growth = Growth.of(steps)
    assert growth.mib_per_hour == pytest.approx(float(fit[0][0]))
    assert growth.error == pytest.approx(float(np.sqrt(fit[1][0, 0])), rel=0.05)


@pytest.mark.parametrize(("mib_per_hour", "leaks"), [(0, False), (8, False), (60, True), (-60, False)])
def test_a_leak_is_found_and_noise_is_none(mib_per_hour: float, leaks: bool) -> None:  # noqa: FBT001 - a parameter
    """More than allowed, by more than chance explains."""
    verdict = judge_soak(_steps(40, mib_per_hour, noise=0.3), SloEvaluator(), allowed=10)
    assert verdict.holds is not leaks
    assert verdict.sentence.startswith("leaks" if leaks else "holds")


def test_caches_that_fill_at_first_are_no_leak() -> None:
    """The first quarter is left out."""
    assert judge_soak(_steps(40, 0, noise=0.1, warm_up=3), SloEvaluator(), allowed=10).holds


def test_a_step_that_does_not_hold_ends_it() -> None:
    """The first of them is told, whatever the memory does."""
    steps = _steps(8, 0)
    steps[5] = replace(steps[5], p99_ms=900)
    verdict = judge_soak(steps, SloEvaluator(), allowed=10)
    assert verdict.first == Fails(Criterion.P99, 6, 1000, 900, 250)
    assert not verdict.holds
    assert "p99 is 900 ms" in verdict.sentence


def test_too_few_looks_are_no_line() -> None:
    """Nobody sees a slope in three points."""
    with pytest.raises(ValueError, match="3 steps are too few"):
        Growth.of(_steps(3, 0))
