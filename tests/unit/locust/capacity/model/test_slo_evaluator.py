"""Verdicts on steps and trials."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity.model.criteria import Criterion
from capacity.model.limits import Limits
from capacity.model.slo import Slo
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from capacity.model.trial import TrialKind, TrialResult
from capacity.model.verdict import Fails, Holds, Invalid, Reason
from load.failure import network_failure
from tests.unit.locust.capacity.trial.servers import step_of

EVALUATOR = SloEvaluator(gateway_cores=1)
LIMITS = Limits(0.1, 128)
GOOD = step_of(1_000)
SLOW = replace(GOOD, p99_ms=251)
FAILING: dict[Criterion, dict[str, Any]] = {
    Criterion.OOM: {"oom_kills": 1},
    Criterion.DEATH: {"deaths": 1},
    Criterion.MEMORY: {"api_memory_peak_mib": 126},
    Criterion.FAILURES: {"failures": {"HTTP 503 overloaded": 1}},
    Criterion.RATE: {"achieved": Slo().required_rate(GOOD.users_planned, GOOD.seconds) - 0.01},
    Criterion.P99: {"p99_ms": 250.1},
}


def trial_of(*steps: Step, users: int = 1_000) -> TrialResult:
    """A ramp of these steps."""
    return TrialResult(
        kind=TrialKind.RAMP,
        limits=LIMITS,
        users=users,
        via="gateway",
        started_at="2026-01-01T00:00:00+00:00",
        seconds=60,
        steps=steps,
    )


@pytest.mark.parametrize(
    "changes",
    [{"p99_ms": 250}, {"achieved": Slo().required_rate(GOOD.users_planned, GOOD.seconds)}, {"generator_cores": 0.85}],
)
def test_allowed_value_itself_holds(changes: dict[str, Any]) -> None:
    """The limit of a criterion belongs to the values that hold."""
    assert EVALUATOR.step(replace(GOOD, **changes), 1, LIMITS) == Holds()


@pytest.mark.parametrize("criterion", list(Criterion))
def test_each_criterion_fails_by_itself(criterion: Criterion) -> None:
    """The verdict has the criterion, the step, the users and a sentence."""
    changes = FAILING[criterion]
    verdict = EVALUATOR.step(replace(GOOD, **changes), 7, LIMITS)

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
def test_problem_of_the_load_generator_makes_a_step_invalid(
    step: Step, changes: dict[str, Any], reason: Reason
) -> None:
    """Whether or not its figures would hold."""
    verdict = EVALUATOR.step(replace(step, **changes), 2, LIMITS)

    assert isinstance(verdict, Invalid)
    assert verdict.reason == reason
    assert verdict.sentence.startswith("is invalid (step 2): ")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"gateway_cores": 0.96}, Reason.GATEWAY_BUSY),
        ({"machine_steal": 0.06}, Reason.MACHINE_STOLEN),
        ({"machine_busy": 0.99}, Reason.MACHINE_BUSY),
    ],
)
def test_busy_machine_or_gateway_makes_only_a_failure_invalid(changes: dict[str, Any], reason: Reason) -> None:
    """A step that holds in spite of it holds."""
    verdict = EVALUATOR.step(replace(SLOW, **changes), 1, LIMITS)

    assert isinstance(verdict, Invalid)
    assert verdict.reason == reason
    assert verdict.sentence
    assert EVALUATOR.step(replace(GOOD, **changes), 1, LIMITS) == Holds()


def test_gateway_is_not_looked_at_on_the_direct_route() -> None:
    """Its CPU says nothing about users that do not go through it."""
    assert isinstance(SloEvaluator().step(replace(SLOW, gateway_cores=9), 1, LIMITS), Fails)


def test_nearly_full_memory_fails_a_trial() -> None:
    """Also when answers are slow or the machine is busy: a full memory makes answers slow as well."""
    allowed = Slo().memory_share * trial_of().limits.memory_mib
    full, slow = (replace(step, api_memory_peak_mib=allowed + 0.1) for step in (GOOD, SLOW))

    assert EVALUATOR.trial(trial_of(replace(GOOD, api_memory_peak_mib=allowed))) == Holds()
    for steps in ((full, GOOD), (GOOD, full), (GOOD, slow), (full, replace(SLOW, machine_steal=1))):
        verdict = EVALUATOR.trial(trial_of(*steps))
        assert isinstance(verdict, Fails)
        assert (verdict.criterion, verdict.seen, verdict.allowed) == (Criterion.MEMORY, allowed + 0.1, allowed)
        assert "the memory reached 125.5 MiB; 125.4 are allowed" in verdict.sentence


@pytest.mark.parametrize("changes", [{"generator_cores": 1}, {"users_present": 0}, {"machine_steal": 1}])
def test_oom_kill_is_never_invalid(changes: dict[str, Any]) -> None:
    """No measuring error fills the memory of a replica."""
    verdict = EVALUATOR.trial(trial_of(replace(SLOW, **changes), replace(GOOD, **changes, oom_kills=2)))

    assert isinstance(verdict, Fails)
    assert (verdict.criterion, verdict.step, verdict.seen) == (Criterion.OOM, 2, 2)


def test_first_step_that_does_not_hold_decides() -> None:
    """Its queue delays the next step, which therefore does not count."""
    stolen = replace(SLOW, machine_steal=0.5)

    assert isinstance(EVALUATOR.trial(trial_of(GOOD, stolen, SLOW)), Invalid)
    assert isinstance(EVALUATOR.trial(trial_of(GOOD, SLOW, stolen)), Fails)
    assert EVALUATOR.trial(trial_of(GOOD, GOOD)) == Holds()


@pytest.mark.parametrize("steps", [(), (GOOD,)])
def test_unfinished_trial_is_invalid(steps: tuple[Step, ...]) -> None:
    """Steps that held tell nothing about the missing ones."""
    verdict = EVALUATOR.trial(trial_of(*steps, users=1_500))

    assert isinstance(verdict, Invalid)
    assert verdict.reason == Reason.UNFINISHED


def test_limits_are_those_of_the_slo() -> None:
    """Each of its limits."""
    step = replace(GOOD, p99_ms=900, achieved=GOOD.offered * 0.6, failures={"timeout": 5})

    assert SloEvaluator(Slo(failures=5, p99_ms=900, achieved_share=0.6)).step(step, 1, LIMITS) == Holds()


@pytest.mark.parametrize("errno", [24, 99])
def test_lack_of_sockets_makes_a_step_invalid(errno: int) -> None:
    """Too many open files and no free port, as `failure.py` names them."""
    step = replace(GOOD, failures={network_failure(OSError(errno, "")): 3})

    assert EVALUATOR.step(step, 1, LIMITS) == Invalid(Reason.SOCKETS_EXHAUSTED, 1, 3, 0)


@pytest.mark.parametrize("error", [ConnectionRefusedError(), ConnectionResetError(), TimeoutError(), BrokenPipeError()])
def test_errors_of_the_server_are_failures(error: OSError) -> None:
    """They have other names than errors of the generator."""
    assert isinstance(EVALUATOR.step(replace(GOOD, failures={network_failure(error): 1}), 1, LIMITS), Fails)
