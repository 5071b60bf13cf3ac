"""Which of many trials are shown in charts."""

from __future__ import annotations

from capacity.model.limits import Limits
from capacity.model.trial import TrialKind, TrialResult
from capacity.model.verdict import Holds, Invalid
from capacity.report.data import JudgedTrial, ReportData
from capacity.report.summary import rejected


def shown(data: ReportData, route: str) -> TrialResult | None:
    """The worst trial of the minimum; without a minimum the longest trial, an invalid one only without others."""
    if held := confirmed(data, route):
        return held[0]
    trials = _closed(data, route)
    valid = [trial for trial, verdict in trials if not isinstance(verdict, Invalid)]
    return max(
        valid or [trial for trial, _ in trials],
        key=lambda trial: (len(trial.steps), trial.steps[-1].achieved),
        default=None,
    )


def confirmed(data: ReportData, route: str) -> list[TrialResult]:
    """Trials in which the minimum held, those with the most steps first, of them the worst."""
    minimum = data.minimum(route)
    held = [trial for trial, verdict in _closed(data, route) if minimum and isinstance(verdict, Holds)]
    mine = [trial for trial in held if minimum and trial.limits == minimum.limits]
    return sorted(mine, key=lambda trial: (-len(trial.steps), trial.steps[-1].achieved))


def neighbours(data: ReportData, route: str) -> list[TrialResult]:
    """The longest failed trial of each of the limits that were rejected beside the minimum."""
    minimum = data.minimum(route)
    limits = [neighbour.limits for _, neighbour in rejected(minimum)] if minimum else []
    longest = (_longest_failed(data, route, each) for each in limits)
    return [trial for trial in longest if trial is not None]


def _longest_failed(data: ReportData, route: str, limits: Limits) -> TrialResult | None:
    failed = (
        trial
        for trial, verdict in data.trials
        if trial.via == route and trial.steps and trial.limits == limits and not isinstance(verdict, Holds)
    )
    return max(failed, key=lambda trial: len(trial.steps), default=None)


def _closed(data: ReportData, route: str) -> list[JudgedTrial]:
    """Trials without open arrivals that have a step."""
    return [
        (trial, verdict)
        for trial, verdict in data.trials
        if trial.via == route and trial.steps and trial.kind is not TrialKind.OPEN
    ]
