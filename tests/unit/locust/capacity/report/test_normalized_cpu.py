"""The need at an equal pace is the one that was planted, whatever the pace was."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.trial import Kind
from capacity.report.normalized_cpu import PACE_US, need_cpus
from capacity.report.trial_record import StepRecord, TrialRecord, Verdict

_USERS = 10_000
_MEMORY = 96.0


def _trial(cpus: float, cost_us: float, *, holds: bool) -> TrialRecord:
    step = StepRecord(users=_USERS, offered=5_714, achieved=5_600, generator_cores=5_600 * cost_us / 1e6)
    return TrialRecord(
        cpus=cpus,
        memory_mib=_MEMORY,
        kind=Kind.HOLD,
        verdict=Verdict.HOLDS if holds else Verdict.FAILS,
        criterion="" if holds else "rate",
        steps=(step,),
    )


def _found(trials: Iterable[TrialRecord]) -> float | None:
    return need_cpus(trials, "gateway", _USERS, _MEMORY)


def _run(need: float, dice: random.Random, usual: float) -> list[TrialRecord]:
    """Windows on both sides of the edge while the pace changes by half, with the scatter that was measured.

    They are spread evenly, as a search spreads them: by chance alone there may be none near the edge.
    """
    trials = []
    for window in range(25):
        pace = usual * dice.uniform(0.8, 1.2)
        cpus = need * pace / PACE_US * (0.75 + 0.55 * window / 24)
        trials.append(_trial(cpus, pace * dice.gauss(1, 0.03), holds=cpus >= need * pace / PACE_US))
    return trials


@given(need=st.floats(0.03, 0.5), seed=st.integers(0, 1000))
def test_runs_on_a_slow_and_on_a_fast_machine_agree(need: float, seed: int) -> None:
    """The limits that hold differ by half between the two, what is needed at an equal pace by less than a tenth."""
    dice = random.Random(seed)

    slow, fast = (_found(_run(need, dice, usual)) for usual in (150.0, 100.0))

    assert slow is not None
    assert fast is not None
    assert slow == pytest.approx(need, rel=0.05)
    assert fast == pytest.approx(need, rel=0.05)


@given(
    st.lists(
        st.tuples(st.floats(0.05, 1), st.floats(80, 160), st.booleans()),
        min_size=2,
        max_size=30,
    ).filter(lambda looks: len({holds for *_, holds in looks}) == 2)
)
def test_no_other_edge_is_likelier(looks: list[tuple[float, float, bool]]) -> None:
    """Neither a little above nor a little below, whatever held and failed, contradictions included."""

    def doubt(edge: float) -> float:
        places = ((math.log(cpus * PACE_US / cost), holds) for cpus, cost, holds in looks)
        distances = ((1 if holds else -1) * (place - math.log(edge)) / 0.05 for place, holds in places)
        # Far away the logarithm of the integral is nearly a parabola.
        return sum(
            d * d / 2 + math.log(-d * math.sqrt(2 * math.pi))
            if d < -30
            else -math.log(math.erfc(-d / math.sqrt(2)) / 2)
            for d in distances
        )

    found = _found(_trial(cpus, cost, holds=holds) for cpus, cost, holds in looks)

    assert found is not None
    least = doubt(found)
    assert least <= min(doubt(found * 1.02), doubt(found / 1.02)) + 1e-6 * abs(least)


def test_without_an_edge_there_is_no_need() -> None:
    """Where all held, or none did, the edge may lie anywhere beyond."""
    assert _found([]) is None
    assert _found([_trial(0.1, 100, holds=True), _trial(0.2, 100, holds=True)]) is None
    assert _found([_trial(0.1, 100, holds=False)]) is None


@pytest.mark.parametrize(
    "otherwise",
    [
        {"via": "direct"},
        {"replicas": 2},
        {"kind": Kind.OPEN},
        {"criterion": "oom"},
        {"memory_mib": _MEMORY - 1},
        {"verdict": Verdict.INVALID, "criterion": "machine stolen"},
        {"steps": ()},
        {"steps": (StepRecord(users=9_500, offered=5_428, achieved=5_000, generator_cores=0.5),)},
    ],
)
def test_what_says_nothing_about_cpu_does_not_count(otherwise: dict[str, Any]) -> None:
    """Another way, replicas, open arrivals, what failed for want of memory, no verdict, and fewer users."""
    trials = [_trial(0.1, 100, holds=True), _trial(0.09, 100, holds=False)]
    other = replace(_trial(0.5, 100, holds=False), **otherwise)

    assert _found([*trials, other]) == _found(trials) == pytest.approx(math.sqrt(0.09 * 0.1))


def test_what_holds_with_less_memory_holds_with_more() -> None:
    """So it counts, unlike what fails with less."""
    failed = _trial(0.09, 100, holds=False)

    assert _found([failed, replace(_trial(0.1, 100, holds=True), memory_mib=_MEMORY - 9)]) == pytest.approx(
        math.sqrt(0.009)
    )
