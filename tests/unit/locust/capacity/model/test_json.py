"""Reading and writing the model as JSON, and its checks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.model.limits import Limits
from capacity.model.slo import Slo
from capacity.model.spec import SearchSpec, SpecError
from capacity.model.step import Step
from capacity.model.trial import TrialKind, TrialResult, TrialSpec
from tests.unit.locust.capacity.trial.servers import step_of

steps = st.builds(step_of, st.integers(1, 99_999), seconds=st.floats(0.1, 99), p99_ms=st.floats(0, 1e6))
limits = st.builds(Limits, st.floats(0.01, 64), st.integers(16, 65_536), st.integers(1, 8))


@given(st.builds(Slo), limits, st.sampled_from(TrialKind), st.lists(steps, max_size=2))
def test_json_is_read_as_it_was_written(slo: Slo, limits: Limits, kind: TrialKind, steps: list[Step]) -> None:
    """Through JSON as text."""
    result = TrialResult(
        kind=kind, limits=limits, users=500, via="direct", started_at="today", seconds=1.5, steps=tuple(steps)
    )
    spec = SearchSpec(slo=slo, replicas=(2, 5), subject="sha256:12")

    assert TrialResult.from_json(json.loads(json.dumps(result.to_json()))) == result
    assert SearchSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


@given(st.floats(0.05, 8), st.integers(1, 8))
def test_shared_cores_are_at_most_the_total(total: float, replicas: int) -> None:
    """They are less only by what a quota cannot express."""
    shared = Limits.shared(total, 128, replicas)

    assert shared.replicas == replicas
    assert total - 0.0001 * replicas - 0.0001 <= shared.total_cpus <= total + 0.00006


def test_limits_and_trials_are_short_texts() -> None:
    """As in a line of progress."""
    trial = TrialSpec(TrialKind.RAMP, Limits(0.05, 128, 2), 10_000)

    assert str(Limits(0.1, 128)) == "0.1 CPU, 128 MiB"
    assert str(trial) == "staircase of 10,000 users at 2 x (0.05 CPU, 128 MiB)"


def test_throttled_share_without_periods_is_zero() -> None:
    """Without a CPU quota there are no periods."""
    step = step_of(500)

    assert step.throttled_share == 0
    assert Step.from_json(step.to_json() | {"periods": 0}).throttled_share == 0
    assert step.failed == 0


@pytest.mark.parametrize(
    "arguments",
    [
        {"users": 100},
        {"step_users": 0},
        {"confirmations": 0},
        {"replicas": (0,)},
        {"replicas": (101,)},
        {"most_cpus": 0.01, "replicas": ()},
        {"most_memory_mib": 31},
    ],
)
def test_contradiction_in_a_specification_is_an_error(arguments: dict[str, int]) -> None:
    """It is found before anything is measured."""
    with pytest.raises(SpecError):
        SearchSpec(**arguments)  # type: ignore[arg-type]  # the values are wrong on purpose


def test_last_step_of_a_ramp_has_all_users() -> None:
    """Also when the users are no multiple of the step."""
    assert SearchSpec(users=1_200, step_users=500).counts == (500, 1_000, 1_200)
    assert SearchSpec(users=500, step_users=500).counts == (500,)
