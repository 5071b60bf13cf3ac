"""What a closed loop hides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from capacity.commands.open_loop import open_check
from capacity.model.limits import Limits
from capacity.model.trial import Kind, TrialResult
from capacity.model.verdict import Criterion, Fails, Holds, Invalid, Reason, Verdict
from capacity.report.mapping import Judged
from tests.unit.locust.capacity.trial.servers import step_of

_STOLEN = Invalid(Reason.MACHINE_STOLEN, 1, 0.1, 0.05)
_SLOW = Fails(Criterion.P99, 1, 10_000, 900, 250)
_LIMITS = Limits(0.1, 96)


def _trial(kind: Kind, p99_ms: float, verdict: Verdict, *, rate: float = 5600, limits: Limits = _LIMITS) -> Judged:
    step = replace(step_of(10_000), p99_ms=p99_ms, achieved=rate)
    trial = TrialResult(
        kind=kind,
        limits=limits,
        users=10_000,
        via="gateway",
        started_at="2026-01-01T00:00:00+00:00",
        seconds=9,
        steps=(step_of(500), step),
    )
    return trial, verdict


_CLOSED = [
    _trial(Kind.STAIRCASE, 20, Holds()),
    _trial(Kind.STAIRCASE, 30, Holds()),
    _trial(Kind.STAIRCASE, 400, _SLOW),
    _trial(Kind.HOLD, 25, Holds()),
    _trial(Kind.STAIRCASE, 10, Holds(), limits=Limits(1, 512)),
]


@pytest.mark.parametrize(
    ("p99_ms", "rate", "said"),
    [(42, 5600, "hides 12 ms"), (28, 5600, "hides nothing"), (900, 4000, "cannot keep up")],
)
def test_open_arrivals_show_what_a_closed_loop_hides(p99_ms: float, rate: float, said: str) -> None:
    """Beside the last staircase that held under the same limits; who is not answered at all has no latency."""
    check = open_check([*_CLOSED, _trial(Kind.OPEN, p99_ms, _SLOW, rate=rate)])

    assert check is not None
    assert (check.closed.p99_ms, check.open.p99_ms, check.open.rate) == (30, p99_ms, rate)
    assert said in check.sentence.en


@pytest.mark.parametrize(
    "judged",
    [
        _CLOSED,
        [*_CLOSED, _trial(Kind.OPEN, 900, _STOLEN)],
        [*_CLOSED, _trial(Kind.OPEN, 0, _SLOW, rate=0)],
        [_trial(Kind.OPEN, 42, Holds())],
    ],
    ids=["no open arrivals", "another had the machine", "nothing answered", "no staircase"],
)
def test_what_says_nothing_is_compared_with_nothing(judged: list[Judged]) -> None:
    """The report then says that it was not measured."""
    assert open_check(judged) is None


def test_open_arrivals_that_were_made_again_count_at_last() -> None:
    """The first time another had the machine."""
    check = open_check([*_CLOSED, _trial(Kind.OPEN, 900, _STOLEN), _trial(Kind.OPEN, 42, Holds())])

    assert check is not None
    assert check.open.p99_ms == 42
