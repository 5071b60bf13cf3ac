"""From a search to what its report tells."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from capacity.model.limits import Limits
from capacity.model.search_result import Headroom, MaxUsers, Minimum, Neighbour, ReplicaResult, SearchResult
from capacity.model.step import Step
from capacity.model.trial import Kind, TrialResult
from capacity.model.verdict import Criterion, Fails, Holds, Invalid, Reason
from capacity.report import mapping
from capacity.report.trial_record import Verdict
from tests.unit.locust.capacity.trial.servers import step_of

_ONE = Limits(0.1, 96)
_TWO = Limits(0.05, 96, 2)
_P99 = Fails(Criterion.P99, 1, 10_000, 300, 250)
_BUSY = Invalid(Reason.GENERATOR_BUSY, 1, 0.9, 0.85)


def _step(users: int = 10_000, **changes: Any) -> Step:
    return replace(step_of(users), **changes)


def _trial(limits: Limits, kind: Kind = Kind.STAIRCASE, via: str = "gateway", **changes: Any) -> TrialResult:
    return TrialResult(
        kind=kind,
        limits=limits,
        users=10_000,
        via=via,
        started_at="2026-01-01T00:00:00+00:00",
        seconds=9,
        steps=(_step(500), _step(**changes)),
    )


def test_a_trial_keeps_its_figures_and_what_decided() -> None:
    """Nothing that was counted is lost on the way to the report."""
    made = _trial(_TWO, oom_kills=2, deaths=1, throttled_seconds=0.5, machine_steal=0.01, api_memory_peak_mib=91)
    record = mapping.trial_record(made, _P99)
    last = record.steps[-1]
    assert (record.cpus, record.memory_mib, record.replicas, record.via) == (0.05, 96, 2, "gateway")
    assert (record.kind, record.verdict, record.criterion) == ("staircase", Verdict.FAILS, "p99")
    assert "300" in record.sentence.en
    assert (last.users, last.memory_peak_mib, last.oom_kills, last.deaths) == (10_000, 91, 2, 1)
    assert (last.throttled_seconds, last.machine_steal) == (0.5, 0.01)
    assert mapping.trial_record(made, _BUSY).criterion == "generator busy"
    assert mapping.trial_record(made, Holds()).verdict is Verdict.HOLDS


def test_no_good_answer_has_no_latency() -> None:
    """A 0 would look like the fastest of all."""
    record = mapping.step_record(_step(achieved=0))
    assert (record.p50_ms, record.p95_ms, record.p99_ms, record.max_ms) == (None, None, None, None)


def test_the_minimum_has_its_neighbours() -> None:
    """Those that were asked for, each with what it showed."""
    minimum = Minimum(_ONE, 3, Neighbour(Limits(0.09, 96), 10_000, _P99), None)
    answer = mapping.via_answer("direct", SearchResult(minimum=minimum))
    assert (answer.via, answer.cpus, answer.memory_mib, answer.repeats) == ("direct", 0.1, 96, 3)
    [rejected] = answer.rejected
    assert (rejected.resource, rejected.cpus) == ("cpu", 0.09)
    assert "300" in rejected.reason.es


def test_without_a_minimum_there_is_what_stopped_it() -> None:
    """The report names it instead of limits."""
    reached = MaxUsers(Limits(1, 512), 4000, 3, Neighbour(Limits(1, 512), 4500, _P99))
    answer = mapping.via_answer("gateway", SearchResult(reached=reached))
    assert answer.cpus is None
    assert "300" in answer.verdict.en


def test_replicas_stand_beside_one_with_what_they_cost() -> None:
    """At equal cores, and with the least that holds, each at its worst; the gateway's cores are part of the cost."""
    lower = Limits(0.045, 96, 2)
    several = ReplicaResult(2, Neighbour(_TWO, 10_000, Holds()), lower, 1)
    three = ReplicaResult(3, Neighbour(Limits(0.0333, 96, 3), 10_000, _P99))
    trials: list[mapping.Judged] = [
        (_trial(_ONE, Kind.HOLD, gateway_cores=0.9), Holds()),
        (_trial(_ONE, achieved=5_700, p99_ms=20), Holds()),
        (_trial(_ONE, achieved=5_500, gateway_cores=0.3, api_cores=0.08, p99_ms=40), Holds()),
        (_trial(_TWO, Kind.HOLD, gateway_cores=0.31, api_cores=0.09, p99_ms=50), Holds()),
        (_trial(lower, gateway_cores=0.32, api_cores=0.085, p99_ms=60), Holds()),
        (_trial(three.equal.limits, Kind.HOLD, gateway_cores=0.33, api_cores=0.1, p99_ms=300), _P99),
    ]
    rows = mapping.replica_rows(SearchResult(Minimum(_ONE, 3), (several, three)), trials)
    assert [(row.replicas, row.total_cpus, row.holds, row.p99_ms) for row in rows] == [
        (1, 0.1, True, 40),
        (2, 0.1, True, 50),
        (2, 0.09, True, 60),
        (3, 0.0999, False, 300),
    ]
    assert rows[0].total_cost == pytest.approx(0.38)


def test_the_largest_rate_is_one_that_held() -> None:
    """A trial that failed may answer more; the next one says what stopped it."""
    trials: list[mapping.Judged] = [
        (_trial(Limits(1, 512), achieved=5650), Holds()),
        (_trial(Limits(1, 512), via="direct", achieved=7000), Holds()),
        (_trial(Limits(1, 512), via="direct", achieved=9000), _P99),
    ]
    most = mapping.largest_rate(
        trials, {"gateway": SearchResult(beyond=Headroom(_P99)), "direct": SearchResult(beyond=Headroom(_BUSY))}
    )
    assert most is not None
    assert most.rate == 7000
    assert "directo" in most.under.es
    assert "90%" in most.stopped_by.en
    assert mapping.largest_rate(trials[2:], {}) is None
