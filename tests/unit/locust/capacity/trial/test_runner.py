"""Trials of a target that records what is done to it, without real time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from capacity.model.criteria import Criterion
from capacity.model.limits import Limits
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.spec import SearchSpec
from capacity.model.timing import Timing
from capacity.model.trial import TrialKind, TrialResult, TrialSpec
from capacity.model.verdict import Fails, Holds
from capacity.trial.runner import LiveTrialRunner
from tests.unit.locust.capacity.clock import ManualClock
from tests.unit.locust.capacity.generator.steady_generator import steady_load_generator
from tests.unit.locust.capacity.target.recorded_target import RecordedTarget

SPEC = SearchSpec(users=300, step_users=100, replicas=(), via="direct")
LIMITS = Limits(0.1, 960)
TIMING = Timing(settle_seconds=0.1, wave_seconds=0.2, again_seconds=0.5, step_seconds=0.5, hold_seconds=0.5)


def _measure(
    target: RecordedTarget, latency_ms: Callable[[int], float], *trials: TrialSpec, clock: ManualClock | None = None
) -> list[TrialResult]:
    with steady_load_generator(latency_ms, clock or ManualClock()) as generator:
        runner = LiveTrialRunner(target, generator, SPEC, SloEvaluator(SPEC.slo), TIMING)
        return [runner.measure(trial) for trial in trials]


def _fast(_: int) -> float:
    return 5


def test_ramp_measures_each_step_after_a_restart() -> None:
    """Each step has all its users; a second ramp restarts the replicas again."""
    target = RecordedTarget()
    trial = TrialSpec(TrialKind.RAMP, LIMITS, 300)
    first, second = _measure(target, _fast, trial, trial)
    for result in (first, second):
        assert [(step.users_planned, step.users_present) for step in result.steps] == [(n, n) for n in (100, 200, 300)]
        assert all(step.p99_ms == 5 and step.failures == {} for step in result.steps)
        assert isinstance(SloEvaluator().trial(result), Holds)
        assert result.via == "direct"
    assert target.calls == ["restart 0.1 960", "restart 0.1 960"]
    assert {step.looks for result in (first, second) for step in result.steps} == {1}


def test_ramp_ends_at_its_first_step_that_does_not_hold() -> None:
    """The steps after it are not measured."""
    [result] = _measure(
        RecordedTarget(), lambda users: 900 if users == 200 else 5, TrialSpec(TrialKind.RAMP, LIMITS, 300)
    )
    assert [(step.users_planned, step.looks) for step in result.steps] == [(100, 1), (200, 2)]
    assert SloEvaluator().trial(result) == Fails(Criterion.P99, 2, 200, 900, 250)


def test_short_test_sets_limits_without_a_restart() -> None:
    """The first one starts the users with the largest limits; the next one only sets its limits."""
    target = RecordedTarget()
    lower = replace(LIMITS, cpus=0.05)
    first, second = _measure(
        target, _fast, TrialSpec(TrialKind.SHORT, LIMITS, 300), TrialSpec(TrialKind.SHORT, lower, 300)
    )
    assert [step.users_present for result in (first, second) for step in result.steps] == [300, 300]
    assert target.calls == ["limit 1 512", "limit 0.1 960", "limit 0.05 960"]


def test_smaller_memory_than_is_used_takes_a_restart() -> None:
    """A running replica would look full at any limit below its use."""
    target = RecordedTarget()
    few, many = Limits(0.1, 8), Limits(0.1, 4096)
    results = _measure(target, _fast, TrialSpec(TrialKind.SHORT, few, 300), TrialSpec(TrialKind.SHORT, many, 300))
    assert target.calls == ["limit 1 512", "restart 0.1 8", "limit 0.1 4096"]
    assert [step.users_present for result in results for step in result.steps] == [300, 300]


def test_replica_that_does_not_start_fails_and_gets_the_largest_limits() -> None:
    """It fails for lack of memory, and runs again before the next trial."""
    target = RecordedTarget(least_memory_mib=64)
    small = Limits(0.1, 40)
    results = _measure(target, _fast, TrialSpec(TrialKind.SHORT, small, 300), TrialSpec(TrialKind.RAMP, small, 300))
    for result in results:
        verdict = SloEvaluator().trial(result)
        assert isinstance(verdict, Fails)
        assert (verdict.criterion, verdict.seen) == (Criterion.OOM, 2)
    assert target.calls[-1] == "limit 1 512"


def test_full_memory_ends_a_ramp() -> None:
    """The first step shows it, and no later step can make it hold."""
    [result] = _measure(RecordedTarget(), _fast, TrialSpec(TrialKind.RAMP, replace(LIMITS, memory_mib=101), 300))
    assert [(step.users_planned, step.looks) for step in result.steps] == [(100, 1)]
    assert SloEvaluator().trial(result) == Fails(Criterion.MEMORY, 1, 100, 100, 0.98 * 101)


def test_replica_that_exits_fails_and_gets_the_largest_limits() -> None:
    """The trial fails by the exit, and the replica runs again afterwards."""
    target = RecordedTarget(exits=1)
    [result] = _measure(target, _fast, TrialSpec(TrialKind.RAMP, LIMITS, 300))
    assert SloEvaluator().trial(result) == Fails(Criterion.DEATH, 1, 100, 1, 0)
    assert target.calls == ["restart 0.1 960", "limit 1 512"]


def test_stall_of_the_machine_does_not_fail_a_ramp() -> None:
    """A step that was too slow once is measured again with the same users, and the ramp goes on."""
    clock = ManualClock()
    began: list[float] = []

    def stall(users: int) -> float:
        if users != 200:
            return 5
        began.append(clock.monotonic())
        return 900 if began[-1] < began[0] + 1.2 else 5

    [result] = _measure(RecordedTarget(), stall, TrialSpec(TrialKind.RAMP, LIMITS, 300), clock=clock)
    assert isinstance(SloEvaluator().trial(result), Holds)
    assert [step.users_planned for step in result.steps] == [100, 200, 300]
    assert result.steps[1].looks > 1
