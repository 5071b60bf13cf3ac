"""The CPU that a request costs the load generator."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity.model.trial import TrialKind
from capacity.model.verdict import Verdict
from capacity.report.cpu_per_request import request_us
from capacity.report.data import JudgedTrial
from tests.unit.locust.capacity.report.examples import HOLDS, SLOW, report_data, trial
from tests.unit.locust.capacity.trial.servers import step_of


def _trial(cost_us: float, verdict: Verdict, kind: TrialKind = TrialKind.SHORT, users: int = 10_000) -> JudgedTrial:
    step = step_of(users)
    costly = replace(step, generator_cores=step.achieved * cost_us / 1e6)
    return trial(0.1, 96, verdict, step_of(100), costly, kind=kind, via="direct" if cost_us == 95 else "gateway")


def test_trials_that_held_all_users_count() -> None:
    """By route; not those with other users, with a queue, or with open arrivals."""
    data = report_data(
        *(_trial(cost, HOLDS) for cost in (90, 120, 100)),
        _trial(95, HOLDS, TrialKind.RAMP),
        _trial(150, SLOW),
        _trial(70, HOLDS, users=11_000),
        _trial(60, HOLDS, TrialKind.OPEN),
    )

    assert request_us(data) == {"gateway": pytest.approx((90, 100, 120)), "direct": pytest.approx((95, 95, 95))}
