"""Which trials are shown."""

from dataclasses import replace

from capacity.report.data import Answer, ReportData
from capacity.report.headline import measured
from capacity.report.language import ENGLISH
from capacity.report.selection import confirmed, neighbours, shown, ways
from capacity.report.trial_record import Verdict
from tests.unit.locust.capacity.report.examples import FULL, trial


def test_the_trial_of_the_answer_is_shown_with_its_rejected_neighbours() -> None:
    """Found by their limits."""
    best = shown(FULL, "gateway")

    assert best is not None
    assert (best.cpus, best.memory_mib, best.verdict) == (0.08, 96, Verdict.HOLDS)
    assert [(one.cpus, one.memory_mib) for one in neighbours(FULL, "gateway")] == [(0.073, 96), (0.08, 88)]
    assert ways(FULL) == ["gateway", "direct"]


def test_of_several_confirmations_the_longest_is_shown() -> None:
    """A trial that was held at the top has one step; a staircase has them all."""
    climbed = trial((0.1, 96), 30, Verdict.HOLDS)
    held = replace(climbed, kind="hold", steps=climbed.steps[-1:])
    findings = ReportData(answers=(Answer(via="gateway", cpus=0.1, memory_mib=96),), trials=(held, climbed, held))

    assert shown(findings, "gateway") == climbed
    assert len(confirmed(findings, "gateway")) == 3


def test_of_equal_confirmations_the_worst_is_shown() -> None:
    """The answer promises no more than what all of its staircases did."""
    well, barely = (trial((0.1, 96), p99, Verdict.HOLDS) for p99 in (30, 200))
    last = barely.steps[-1]
    barely = replace(barely, steps=(*barely.steps[:-1], replace(last, achieved=last.achieved * 0.99)))
    findings = ReportData(answers=(Answer(via="gateway", cpus=0.1, memory_mib=96),), trials=(well, barely, well))

    assert shown(findings, "gateway") == barely
    assert "p99 200 ms" in measured(findings, ENGLISH)


def test_figures_of_other_limits_are_never_told_as_those_of_the_answer() -> None:
    """An answer whose trial is not among the records stands without figures."""
    answers = (Answer(via="gateway", cpus=0.1, memory_mib=96),)
    for other in (trial((0.2, 96), 30, Verdict.HOLDS), trial((0.1, 96), 900, Verdict.FAILS)):
        assert measured(ReportData(answers=answers, trials=(other,)), ENGLISH) == ""


def test_an_invalid_trial_is_shown_only_for_want_of_others() -> None:
    """One that failed tells more."""
    invalid, failed = trial((0.1, 96), 30, Verdict.INVALID), trial((0.05, 96), 900, Verdict.FAILS)

    assert shown(ReportData(trials=(invalid, failed)), "gateway") == failed
    assert shown(ReportData(trials=(invalid,)), "gateway") == invalid
    assert shown(ReportData(), "gateway") is None
