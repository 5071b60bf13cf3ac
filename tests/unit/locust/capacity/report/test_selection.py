"""Which trials are shown."""

from dataclasses import replace

from capacity.model.limits import Limits
from capacity.model.trial import TrialKind
from capacity.report.headline import measured
from capacity.report.language import ENGLISH
from capacity.report.selection import confirmed, neighbours, shown
from tests.unit.locust.capacity.report.examples import BUSY, FULL, HOLDS, SLOW, at, found, ramp, report_data, trial

_FOUND = {"gateway": found(Limits(0.1, 96))}


def test_the_trial_of_the_minimum_is_shown_with_its_rejected_neighbours() -> None:
    """They are found by their limits."""
    best = shown(FULL, "gateway")

    assert best is not None
    assert best.limits == Limits(0.08, 96)
    assert [each.limits for each in neighbours(FULL, "gateway")] == [Limits(0.073, 96), Limits(0.08, 88)]
    assert FULL.routes == ["gateway", "direct"]


def test_neighbours_are_shown_where_memory_was_not_limited() -> None:
    """Their memory is the machine's, as that of the minimum."""
    results = {"direct": found(Limits(0.1, 16_000), at(Limits(0.09, 16_000), SLOW))}
    failed = ramp(0.09, 16_000, SLOW, 600, via="direct")
    data = report_data(failed, results=results, limited=frozenset({"cpu"}))

    assert neighbours(data, "direct") == [failed[0]]


def test_of_several_confirmations_the_longest_is_shown() -> None:
    """A short test has one step, a ramp has them all."""
    whole = ramp(0.1, 96, HOLDS, 30)
    short = trial(0.1, 96, HOLDS, whole[0].steps[-1], kind=TrialKind.SHORT)
    data = report_data(short, whole, short, results=_FOUND)

    assert shown(data, "gateway") == whole[0]
    assert len(confirmed(data, "gateway")) == 3


def test_of_equal_confirmations_the_worst_is_shown() -> None:
    """So all ramps with these limits reached the shown figures."""
    good, bad = (ramp(0.1, 96, HOLDS, p99) for p99 in (30, 200))
    last = bad[0].steps[-1]
    worst = replace(bad[0], steps=(*bad[0].steps[:-1], replace(last, achieved=last.achieved * 0.99)))
    data = report_data(good, (worst, HOLDS), good, results=_FOUND)

    assert shown(data, "gateway") == worst
    assert "p99 200 ms" in measured(data, ENGLISH)


def test_figures_of_other_limits_are_not_those_of_the_minimum() -> None:
    """Without a trial that held with its limits there are no figures."""
    for other in (ramp(0.2, 96, HOLDS, 30), ramp(0.1, 96, SLOW, 900)):
        assert measured(report_data(other, results=_FOUND), ENGLISH) == ""


def test_an_invalid_trial_is_shown_only_without_others() -> None:
    """One that failed shows more."""
    invalid, failed = ramp(0.1, 96, BUSY, 30), ramp(0.05, 96, SLOW, 900)

    assert shown(report_data(invalid, failed), "gateway") == failed[0]
    assert shown(report_data(invalid), "gateway") == invalid[0]
    assert shown(report_data(), "gateway") is None
