"""The laboratory, at a subject that keeps a record of what is done to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from capacity.model.limits import Limits
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.spec import SearchSpec
from capacity.model.timing import Timing
from capacity.model.trial import TrialKind, TrialResult, TrialSpec
from capacity.model.verdict import Criterion, Fails, Holds
from capacity.trial.runner import LiveTrialRunner
from tests.unit.locust.capacity.generator.steady_generator import steady_load_generator
from tests.unit.locust.capacity.target.recorded_target import RecordedTarget

QUESTION = SearchSpec(users=300, step_users=100, replicas=(), via="direct")
LIMITS = Limits(0.1, 960)
TIMING = Timing(settle_seconds=0.1, wave_seconds=0.2, again_seconds=0.5, step_seconds=0.5, hold_seconds=0.5)


def _measure(subject: RecordedTarget, latency_ms: Callable[[int], float], *asks: TrialSpec) -> list[TrialResult]:
    with steady_load_generator(latency_ms) as crowd:
        laboratory = LiveTrialRunner(subject, crowd, QUESTION, SloEvaluator(QUESTION.slo), TIMING)
        return [laboratory.measure(ask) for ask in asks]


def _fast(_: int) -> float:
    return 5


def test_a_staircase_passes_each_step_and_starts_anew() -> None:
    """All steps are measured with all their users, whatever the replicas did before."""
    subject = RecordedTarget()
    ask = TrialSpec(TrialKind.RAMP, LIMITS, 300)
    first, second = _measure(subject, _fast, ask, ask)
    for result in (first, second):
        assert [(step.users_planned, step.users_present) for step in result.steps] == [(n, n) for n in (100, 200, 300)]
        assert all(step.p99_ms == 5 and step.failures == {} for step in result.steps)
        assert isinstance(SloEvaluator().trial(result), Holds)
        assert result.via == "direct"
    assert subject.calls == ["restart 0.1 960", "restart 0.1 960"]
    assert {step.looks for result in (first, second) for step in result.steps} == {1}


def test_a_staircase_ends_at_the_first_step_that_does_not_hold() -> None:
    """Nobody waits for the rest of a trial that has failed."""
    [result] = _measure(
        RecordedTarget(), lambda users: 900 if users == 200 else 5, TrialSpec(TrialKind.RAMP, LIMITS, 300)
    )
    assert [(step.users_planned, step.looks) for step in result.steps] == [(100, 1), (200, 2)]
    assert SloEvaluator().trial(result) == Fails(Criterion.P99, 2, 200, 900, 250)


def test_a_hold_has_all_users_and_only_new_limits() -> None:
    """After the first, which has to bring the users, a calm crowd needs nothing but its limits."""
    subject = RecordedTarget()
    lower = replace(LIMITS, cpus=0.05)
    first, second = _measure(
        subject, _fast, TrialSpec(TrialKind.SHORT, LIMITS, 300), TrialSpec(TrialKind.SHORT, lower, 300)
    )
    assert [step.users_present for result in (first, second) for step in result.steps] == [300, 300]
    assert subject.calls == ["limit 1 512", "limit 0.1 960", "limit 0.05 960"]


def test_memory_that_is_in_use_is_not_taken_away() -> None:
    """Less than that is given to a fresh replica: one that was squeezed would look full whatever it needs."""
    subject = RecordedTarget()
    few, many = Limits(0.1, 8), Limits(0.1, 4096)
    results = _measure(subject, _fast, TrialSpec(TrialKind.SHORT, few, 300), TrialSpec(TrialKind.SHORT, many, 300))
    assert subject.calls == ["limit 1 512", "restart 0.1 8", "limit 0.1 4096"]
    assert [step.users_present for result in results for step in result.steps] == [300, 300]


def test_what_does_not_start_is_a_failure_and_gets_room_again() -> None:
    """Its memory was full: more CPU would not mend it. The next trial finds it alive."""
    subject = RecordedTarget(least_memory_mib=64)
    small = Limits(0.1, 40)
    results = _measure(subject, _fast, TrialSpec(TrialKind.SHORT, small, 300), TrialSpec(TrialKind.RAMP, small, 300))
    for result in results:
        verdict = SloEvaluator().trial(result)
        assert isinstance(verdict, Fails)
        assert (verdict.criterion, verdict.seen) == (Criterion.OOM, 2)
    assert subject.calls[-1] == "limit 1 512"


def test_what_ends_in_a_step_gets_room_again() -> None:
    """The trial fails by it, and does not leave a subject that ends over and over."""
    subject = RecordedTarget(exits=1)
    [result] = _measure(subject, _fast, TrialSpec(TrialKind.RAMP, LIMITS, 300))
    assert SloEvaluator().trial(result) == Fails(Criterion.DEATH, 1, 100, 1, 0)
    assert subject.calls == ["restart 0.1 960", "limit 1 512"]


def test_a_jolt_of_the_machine_passes() -> None:
    """What was too slow once is measured again with the same users, and the staircase goes on."""
    began: list[float] = []

    def jolt(users: int) -> float:
        if users != 200:
            return 5
        began.append(time.monotonic())
        return 900 if began[-1] < began[0] + 1.2 else 5

    [result] = _measure(RecordedTarget(), jolt, TrialSpec(TrialKind.RAMP, LIMITS, 300))
    assert isinstance(SloEvaluator().trial(result), Holds)
    assert [step.users_planned for step in result.steps] == [100, 200, 300]
    assert result.steps[1].looks > 1
