"""Verdicts on steps and trials."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity.model.limits import Limits
from capacity.model.slo import Slo
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from capacity.model.trial import TrialKind, TrialResult
from capacity.model.verdict import Criterion, Fails, Holds, Invalid, Reason
from load.failure import network_failure
from tests.unit.locust.capacity.trial.servers import step_of

JUDGE = SloEvaluator(gateway_cores=1)
GOOD = step_of(1_000)
SLOW = replace(GOOD, p99_ms=251)


def trial_of(*steps: Step, users: int = 1_000) -> TrialResult:
    """A staircase of these steps."""
    return TrialResult(
        kind=TrialKind.RAMP,
        limits=Limits(0.1, 128),
        users=users,
        via="gateway",
        started_at="2026-01-01T00:00:00+00:00",
        seconds=60,
        steps=steps,
    )


@pytest.mark.parametrize(
    "changes", [{"p99_ms": 250}, {"achieved": Slo().due(GOOD.users_planned, GOOD.seconds)}, {"generator_cores": 0.85}]
)
def test_a_limit_itself_holds(changes: dict[str, Any]) -> None:
    """What is allowed is allowed."""
    assert JUDGE.step(replace(GOOD, **changes), 1) == Holds()


@pytest.mark.parametrize(
    ("changes", "criterion"),
    [
        ({"failures": {"HTTP 503 overloaded": 1}}, Criterion.FAILURES),
        ({"achieved": Slo().due(GOOD.users_planned, GOOD.seconds) - 0.01}, Criterion.RATE),
        ({"p99_ms": 250.1}, Criterion.P99),
        ({"oom_kills": 1}, Criterion.OOM),
        ({"deaths": 1}, Criterion.DEATH),
    ],
)
def test_what_breaks_fails_by_its_criterion(changes: dict[str, Any], criterion: Criterion) -> None:
    """A healthy measurement of a step that breaks is a failure, with the step, the users and a sentence."""
    verdict = JUDGE.step(replace(GOOD, **changes), 7)

    assert isinstance(verdict, Fails)
    assert (verdict.criterion, verdict.step, verdict.users) == (criterion, 7, 1_000)
    assert verdict.sentence.startswith("fails at step 7 with 1,000 users: ")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"generator_cores": 0.86}, Reason.GENERATOR_BUSY),
        ({"generator_cores": 1.8, "generator_processes": 2}, Reason.GENERATOR_BUSY),
        ({"users_present": 999}, Reason.USERS_MISSING),
        ({"failures": {"network error OSError": 1}}, Reason.SOCKETS_EXHAUSTED),
        ({"failures": {"host name not found": 1}}, Reason.SOCKETS_EXHAUSTED),
    ],
)
@pytest.mark.parametrize("step", [GOOD, SLOW])
def test_a_load_generator_that_is_not_healthy_shows_nothing(
    step: Step, changes: dict[str, Any], reason: Reason
) -> None:
    """Neither that it holds nor that it fails."""
    verdict = JUDGE.step(replace(step, **changes), 2)

    assert isinstance(verdict, Invalid)
    assert verdict.reason == reason
    assert verdict.sentence.startswith("says nothing (step 2): ")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"gateway_cores": 0.96}, Reason.GATEWAY_BUSY),
        ({"machine_steal": 0.06}, Reason.MACHINE_STOLEN),
        ({"machine_busy": 0.99}, Reason.MACHINE_BUSY),
    ],
)
def test_surroundings_excuse_a_failure_only(changes: dict[str, Any], reason: Reason) -> None:
    """What holds in spite of a busy machine or gateway holds."""
    verdict = JUDGE.step(replace(SLOW, **changes), 1)

    assert isinstance(verdict, Invalid)
    assert verdict.reason == reason
    assert verdict.sentence
    assert JUDGE.step(replace(GOOD, **changes), 1) == Holds()


def test_a_gateway_without_a_limit_is_none() -> None:
    """Straight at the replicas there is no gateway to be busy."""
    assert isinstance(SloEvaluator().step(replace(SLOW, gateway_cores=9), 1), Fails)


def test_memory_that_is_nearly_full_does_not_hold() -> None:
    """The next staircase may need a little more; slowness beside it is its doing, and is told as that."""
    allowed = Slo().memory_share * trial_of().limits.memory_mib
    full, slow = (replace(step, api_memory_peak_mib=allowed + 0.1) for step in (GOOD, SLOW))

    assert JUDGE.trial(trial_of(replace(GOOD, api_memory_peak_mib=allowed))) == Holds()
    for steps in ((full, GOOD), (GOOD, full), (GOOD, slow), (full, replace(SLOW, machine_steal=1))):
        verdict = JUDGE.trial(trial_of(*steps))
        assert isinstance(verdict, Fails)
        assert (verdict.criterion, verdict.seen, verdict.allowed) == (Criterion.MEMORY, allowed + 0.1, allowed)
        assert "MiB of its memory were full" in verdict.sentence


@pytest.mark.parametrize("changes", [{"generator_cores": 1}, {"users_present": 0}, {"machine_steal": 1}])
def test_a_kill_for_memory_is_never_excused(changes: dict[str, Any]) -> None:
    """No measuring error fills a replica's memory."""
    verdict = JUDGE.trial(trial_of(replace(SLOW, **changes), replace(GOOD, **changes, oom_kills=2)))

    assert isinstance(verdict, Fails)
    assert (verdict.criterion, verdict.step, verdict.seen) == (Criterion.OOM, 2, 2)


def test_the_first_step_that_does_not_hold_decides() -> None:
    """A stolen moment leaves a queue to the next step, which must not count."""
    stolen = replace(SLOW, machine_steal=0.5)

    assert isinstance(JUDGE.trial(trial_of(GOOD, stolen, SLOW)), Invalid)
    assert isinstance(JUDGE.trial(trial_of(GOOD, SLOW, stolen)), Fails)
    assert JUDGE.trial(trial_of(GOOD, GOOD)) == Holds()


@pytest.mark.parametrize("steps", [(), (GOOD,)])
def test_a_trial_that_did_not_get_there_shows_nothing(steps: tuple[Step, ...]) -> None:
    """Steps that held say nothing about those that never came."""
    verdict = JUDGE.trial(trial_of(*steps, users=1_500))

    assert isinstance(verdict, Invalid)
    assert verdict.reason == Reason.UNFINISHED


def test_the_slo_can_be_chosen() -> None:
    """Each of its limits."""
    step = replace(GOOD, p99_ms=900, achieved=GOOD.offered * 0.6, failures={"timeout": 5})

    assert SloEvaluator(Slo(failures=5, p99_ms=900, achieved_share=0.6)).step(step, 1) == Holds()


@pytest.mark.parametrize("errno", [24, 99])
def test_exhausted_sockets_are_recognised_by_the_name_they_get(errno: int) -> None:
    """Too many open files and no free port, as `failure.py` names them."""
    step = replace(GOOD, failures={network_failure(OSError(errno, "")): 3})

    assert JUDGE.step(step, 1) == Invalid(Reason.SOCKETS_EXHAUSTED, 1, 3, 0)


@pytest.mark.parametrize("error", [ConnectionRefusedError(), ConnectionResetError(), TimeoutError(), BrokenPipeError()])
def test_the_servers_own_refusals_are_failures(error: OSError) -> None:
    """Python names them, so they are not taken for the generator's."""
    assert isinstance(JUDGE.step(replace(GOOD, failures={network_failure(error): 1}), 1), Fails)
