"""What the report derives from trials and results."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity.model.limits import Limits
from capacity.model.search_result import Headroom, MaxUsers, Minimum, ReplicaResult, SearchResult
from capacity.model.trial import TrialKind
from capacity.model.verdict import Invalid, Reason, Verdict
from capacity.report.data import JudgedTrial
from capacity.report.descriptions import compare, describe_end, describe_result, describe_trial, limits_text
from capacity.report.language import ENGLISH
from capacity.report.summary import largest_rate, open_check, replica_rows
from tests.unit.locust.capacity.report.examples import BUSY, HOLDS, SLOW, at, found, report_data, trial
from tests.unit.locust.capacity.trial.servers import step_of

_ONE = Limits(0.1, 96)
_TWO = Limits(0.05, 96, 2)
_STOLEN = Invalid(Reason.MACHINE_STOLEN, 1, 0.1, 0.05)


def _measured(limits: Limits, verdict: Verdict, p99_ms: float, *, kind: TrialKind = TrialKind.RAMP) -> JudgedTrial:
    """A trial whose rate is the lower, the higher its latency."""
    step = replace(step_of(10_000, p99_ms=p99_ms, achieved=6_000 - p99_ms), gateway_cores=0.3, api_cores=0.08)
    return trial(limits.cpus, limits.memory_mib, verdict, step, kind=kind, replicas=limits.replicas)


def test_replica_rows_have_the_worst_measurement() -> None:
    """At equal cores and with the smallest that hold; a ramp comes before a short test; the gateway is a cost."""
    lower, three = Limits(0.045, 96, 2), Limits(0.0333, 96, 3)
    several = (
        ReplicaResult(2, at(_TWO, HOLDS), lower, 1),
        ReplicaResult(3, at(three, SLOW)),
    )
    rows = replica_rows(
        report_data(
            _measured(_ONE, HOLDS, 90, kind=TrialKind.SHORT),
            _measured(_ONE, HOLDS, 20),
            _measured(_ONE, HOLDS, 40),
            _measured(_TWO, HOLDS, 50, kind=TrialKind.SHORT),
            _measured(lower, HOLDS, 60),
            _measured(three, SLOW, 300, kind=TrialKind.SHORT),
            results={"gateway": SearchResult(Minimum(_ONE, 3), several)},
        )
    )
    assert [(row.limits.replicas, row.limits.total_cpus, row.step and row.step.p99_ms) for row in rows] == [
        (1, 0.1, 40),
        (2, 0.1, 50),
        (2, 0.09, 60),
        (3, 0.0999, 300),
    ]
    assert [row.verdict for row in rows] == [HOLDS, HOLDS, HOLDS, SLOW]
    assert rows[0].total_cost == pytest.approx(0.38)


def test_without_a_minimum_the_result_says_what_stopped_the_users() -> None:
    """The verdict at the next step is described."""
    top = Limits(1, 512)
    assert "612 ms" in describe_result(SearchResult(max_users=MaxUsers(top, 4000, 3, at(top, SLOW)))).en
    assert describe_result(SearchResult()).en == ""


def test_the_largest_rate_is_one_that_held() -> None:
    """A trial that failed may answer more; the next one says what stopped it."""
    trials = [
        trial(1, 512, HOLDS, step_of(10_000, achieved=5650)),
        trial(1, 512, HOLDS, step_of(10_000, achieved=7000), via="direct"),
        trial(1, 512, SLOW, step_of(10_000, achieved=9000), via="direct"),
    ]
    results = {"gateway": SearchResult(headroom=Headroom(SLOW)), "direct": SearchResult(headroom=Headroom(BUSY))}

    data = report_data(*trials, results=results)
    most = largest_rate(data)

    assert most is not None
    assert most.rate == 7000
    assert describe_trial(data, most.trial).es == "1 CPU, 512 MiB, 10\u202f000 usuarios, directo a la API"
    assert "90%" in describe_end(most).en
    assert largest_rate(report_data(trials[2])) is None


@pytest.mark.parametrize(
    ("limited", "text"),
    [({"cpu", "memory"}, "2 \u00d7 (1 CPU, 512 MiB)"), ({"cpu"}, "2 \u00d7 (1 CPU)"), ({}, "2 \u00d7 (no limits)")],
)
def test_limits_that_were_not_set_are_left_out(limited: set[str], text: str) -> None:
    """They are those of the machine."""
    assert limits_text(report_data(limited=frozenset(limited)), Limits(1, 512, 2), ENGLISH) == text


@pytest.mark.parametrize(("headroom", "text"), [(None, ""), (Headroom(None), "more users were not tried")])
def test_end_of_the_largest_rate_without_a_verdict(headroom: Headroom | None, text: str) -> None:
    """Empty when no more users were tried; the generator's limit when the most users were held."""
    held = trial(1, 512, HOLDS, step_of(10_000))
    most = largest_rate(report_data(held, results={"gateway": replace(found(_ONE), headroom=headroom)}))

    assert most is not None
    assert describe_end(most).en.startswith(text)
    assert bool(describe_end(most).en) is bool(text)


def _pair(
    kind: TrialKind, p99_ms: float, verdict: Verdict, *, rate: float = 5600, limits: Limits = _ONE
) -> JudgedTrial:
    step = step_of(10_000, p99_ms=p99_ms, achieved=rate)
    return trial(limits.cpus, limits.memory_mib, verdict, step_of(500), step, kind=kind)


_CLOSED = [
    _pair(TrialKind.RAMP, 20, HOLDS),
    _pair(TrialKind.RAMP, 30, HOLDS),
    _pair(TrialKind.RAMP, 400, SLOW),
    _pair(TrialKind.SHORT, 25, HOLDS),
    _pair(TrialKind.RAMP, 10, HOLDS, limits=Limits(1, 512)),
]


@pytest.mark.parametrize(
    ("p99_ms", "rate", "text"),
    [(42, 5600, "hides 12 ms"), (28, 5600, "hides nothing"), (900, 4000, "cannot keep up")],
)
def test_open_arrivals_are_compared_with_the_last_ramp_that_held(p99_ms: float, rate: float, text: str) -> None:
    """Under the same limits; a rate that is too low is described instead of the latencies."""
    check = open_check(report_data(*_CLOSED, _pair(TrialKind.OPEN, p99_ms, SLOW, rate=rate)))

    assert check is not None
    assert (check.closed.p99_ms, check.open.p99_ms, check.open.achieved) == (30, p99_ms, rate)
    assert text in compare(check).text(ENGLISH.code)


@pytest.mark.parametrize(
    "trials",
    [
        _CLOSED,
        [*_CLOSED, _pair(TrialKind.OPEN, 900, _STOLEN)],
        [*_CLOSED, _pair(TrialKind.OPEN, 0, SLOW, rate=0)],
        [_pair(TrialKind.OPEN, 42, HOLDS)],
    ],
    ids=["no open arrivals", "invalid", "nothing answered", "no ramp"],
)
def test_open_arrivals_without_a_valid_pair_are_not_compared(trials: list[JudgedTrial]) -> None:
    """Then the report has no section about them."""
    assert open_check(report_data(*trials)) is None


def test_the_last_open_arrivals_count() -> None:
    """An invalid trial with open arrivals is repeated."""
    check = open_check(report_data(*_CLOSED, _pair(TrialKind.OPEN, 900, _STOLEN), _pair(TrialKind.OPEN, 42, HOLDS)))

    assert check is not None
    assert check.open.p99_ms == 42
