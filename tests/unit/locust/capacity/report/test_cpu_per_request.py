"""How fast the machine was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity.model.limits import Limits
from capacity.model.trial import Kind, TrialResult
from capacity.model.verdict import Criterion, Fails, Holds
from capacity.report.cpu_per_request import request_us
from capacity.report.mapping import Judged, trial_record
from tests.unit.locust.capacity.trial.servers import step_of

_FAILS = Fails(Criterion.P99, 1, 500, 300, 250)


def _trial(cost_us: float, kind: Kind = Kind.HOLD, users: int = 500, via: str = "gateway") -> TrialResult:
    step = step_of(users)
    return TrialResult(
        kind=kind,
        limits=Limits(0.1, 96),
        users=users,
        via=via,
        started_at="2026-01-01T00:00:00+00:00",
        seconds=9,
        steps=(step_of(100), replace(step, generator_cores=step.achieved * cost_us / 1e6)),
    )


def test_a_request_of_all_users_is_the_same_work_in_each_trial_that_held() -> None:
    """By way; neither fewer or more users, nor a queue, nor another kind of users is the same work."""
    judged: list[Judged] = [
        *((_trial(cost), Holds()) for cost in (90, 120, 100)),
        (_trial(95, Kind.STAIRCASE, via="direct"), Holds()),
        (_trial(150), _FAILS),
        (_trial(70, users=600), Holds()),
        (_trial(60, Kind.OPEN), Holds()),
    ]

    costs = request_us([trial_record(*each) for each in judged], 500)

    assert costs == {"gateway": pytest.approx((90, 100, 120)), "direct": pytest.approx((95, 95, 95))}
