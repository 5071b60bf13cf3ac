"""The normalized CPU does not depend on the speed of the machine."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.criteria import Criterion
from capacity.model.limits import Limits
from capacity.model.trial import TrialKind
from capacity.model.verdict import Fails
from capacity.report.data import JudgedTrial
from capacity.report.normalized_cpu import REFERENCE_US, normalized_cpus
from tests.unit.locust.capacity.report.examples import BUSY, FULL_MEMORY, HOLDS, report_data, trial
from tests.unit.locust.capacity.trial.servers import step_of

_USERS = 10_000
_MEMORY = 96
_TOO_FEW = Fails(Criterion.RATE, 1, _USERS, 5_000, 5_400)


def _trial(cpus: float, cost_us: float, *, holds: bool) -> JudgedTrial:
    step = replace(step_of(_USERS, achieved=5_600), generator_cores=5_600 * cost_us / 1e6)
    return trial(cpus, _MEMORY, HOLDS if holds else _TOO_FEW, step, kind=TrialKind.SHORT)


def _found(trials: Iterable[JudgedTrial]) -> float | None:
    return normalized_cpus(report_data(*trials), "gateway", Limits(1, _MEMORY))


def _run(needed: float, dice: random.Random, usual_us: float) -> list[JudgedTrial]:
    """Windows on both sides of the threshold while the speed changes by half, with a measured deviation.

    They are evenly spread, as those of a search: random ones may all be far from the threshold.
    """
    trials = []
    for window in range(25):
        cost_us = usual_us * dice.uniform(0.8, 1.2)
        threshold = needed * cost_us / REFERENCE_US
        cpus = threshold * (0.75 + 0.55 * window / 24)
        trials.append(_trial(cpus, cost_us * dice.gauss(1, 0.03), holds=cpus >= threshold))
    return trials


@given(needed=st.floats(0.03, 0.5), seed=st.integers(0, 1000))
def test_runs_on_a_slow_and_on_a_fast_machine_agree(needed: float, seed: int) -> None:
    """The limits that hold differ by half between the two, the normalized CPU by less than a tenth."""
    dice = random.Random(seed)

    slow, fast = (_found(_run(needed, dice, usual_us)) for usual_us in (150.0, 100.0))

    assert slow is not None
    assert fast is not None
    assert slow == pytest.approx(needed, rel=0.05)
    assert fast == pytest.approx(needed, rel=0.05)


@given(
    st.lists(
        st.tuples(st.floats(0.05, 1), st.floats(80, 160), st.booleans()),
        min_size=2,
        max_size=30,
    ).filter(lambda windows: len({holds for *_, holds in windows}) == 2)
)
def test_result_has_the_largest_likelihood(windows: list[tuple[float, float, bool]]) -> None:
    """Values a little above and below are less likely, whatever held and failed, contradictions included."""

    def negative_log_likelihood(threshold: float) -> float:
        logarithms = ((math.log(cpus * REFERENCE_US / cost), holds) for cpus, cost, holds in windows)
        distances = ((1 if holds else -1) * (value - math.log(threshold)) / 0.05 for value, holds in logarithms)
        # Far from the threshold the logarithm of the integral is nearly a parabola.
        return sum(
            d * d / 2 + math.log(-d * math.sqrt(2 * math.pi))
            if d < -30
            else -math.log(math.erfc(-d / math.sqrt(2)) / 2)
            for d in distances
        )

    found = _found(_trial(cpus, cost, holds=holds) for cpus, cost, holds in windows)

    assert found is not None
    smallest = negative_log_likelihood(found)
    assert smallest <= min(negative_log_likelihood(found * 1.02), negative_log_likelihood(found / 1.02)) + 1e-6 * abs(
        smallest
    )


def test_without_both_outcomes_there_is_no_result() -> None:
    """When all windows held, or none, the threshold is not known."""
    assert _found([]) is None
    assert _found([_trial(0.1, 100, holds=True), _trial(0.2, 100, holds=True)]) is None
    assert _found([_trial(0.1, 100, holds=False)]) is None


@pytest.mark.parametrize(
    "other",
    [
        trial(0.5, _MEMORY, _TOO_FEW, step_of(_USERS), via="direct"),
        trial(0.5, _MEMORY, _TOO_FEW, step_of(_USERS), replicas=2),
        trial(0.5, _MEMORY, _TOO_FEW, step_of(_USERS), kind=TrialKind.OPEN),
        trial(0.5, _MEMORY, FULL_MEMORY, step_of(_USERS)),
        trial(0.5, _MEMORY - 1, _TOO_FEW, step_of(_USERS)),
        trial(0.5, _MEMORY, BUSY, step_of(_USERS)),
        trial(0.5, _MEMORY, _TOO_FEW),
        trial(0.5, _MEMORY, _TOO_FEW, step_of(9_500)),
    ],
    ids=["route", "replicas", "open arrivals", "out of memory", "less memory", "invalid", "no step", "fewer users"],
)
def test_trials_that_do_not_depend_on_the_cpu_alone_do_not_count(other: JudgedTrial) -> None:
    """The result is the same without them."""
    trials = [_trial(0.1, 100, holds=True), _trial(0.09, 100, holds=False)]

    assert _found([*trials, other]) == _found(trials) == pytest.approx(math.sqrt(0.09 * 0.1))


def test_a_trial_that_holds_with_less_memory_counts() -> None:
    """It holds with more memory too, unlike one that fails."""
    failed, (held, verdict) = _trial(0.09, 100, holds=False), _trial(0.1, 100, holds=True)
    less = replace(held, limits=Limits(0.1, _MEMORY - 9))

    assert _found([failed, (less, verdict)]) == pytest.approx(math.sqrt(0.009))
