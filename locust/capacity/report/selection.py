"""Which of many trials are worth a drawing."""

from __future__ import annotations

from collections.abc import Iterable

from capacity.report.data import Answer, ReportData
from capacity.report.trial_record import TrialRecord, Verdict


def ways(findings: ReportData) -> list[str]:
    """Ways the users went, those of the answers first."""
    named = [*(one.via for one in findings.answers), *(one.via for one in findings.trials)]
    return list(dict.fromkeys(named or findings.question.via))


def answer(findings: ReportData, via: str) -> Answer | None:
    """The answer by a way, when limits were found."""
    return next((one for one in findings.answers if one.via == via and one.cpus is not None), None)


def shown(findings: ReportData, via: str) -> TrialRecord | None:
    """The worst of the answer; without an answer the longest trial, an invalid one only for want of others."""
    if held := confirmed(findings, via):
        return held[0]
    trials = _stepped(findings, via)
    valid = [one for one in trials if one.verdict is not Verdict.INVALID]
    return max(valid or trials, key=lambda one: (len(one.steps), one.steps[-1].achieved), default=None)


def confirmed(findings: ReportData, via: str) -> list[TrialRecord]:
    """Trials in which the limits of the answer held, those with the most steps first, of them the worst."""
    found = answer(findings, via)
    held = [one for one in _stepped(findings, via) if one.verdict is Verdict.HOLDS]
    mine = [one for one in held if found and _has(one, found.cpus, found.memory_mib)]
    return sorted(mine, key=lambda one: (-len(one.steps), one.steps[-1].achieved))


def neighbours(findings: ReportData, via: str) -> list[TrialRecord]:
    """The failed trials of the limits that were rejected beside the answer."""
    found = answer(findings, via)
    rejected = found.rejected if found else ()
    picked = []
    for one in rejected:
        failed = [
            trial
            for trial in findings.trials
            if trial.via == via and trial.steps and _has(trial, one.cpus, one.memory_mib)
            if trial.verdict is not Verdict.HOLDS
        ]
        picked += [_longest(failed)] if failed else []
    return picked


def _stepped(findings: ReportData, via: str) -> list[TrialRecord]:
    return [one for one in findings.trials if one.via == via and one.steps and one.kind != "open"]


def _longest(trials: Iterable[TrialRecord]) -> TrialRecord:
    return max(trials, key=lambda one: len(one.steps))


def _has(trial: TrialRecord, cpus: float | None, memory_mib: float | None) -> bool:
    return (trial.cpus, trial.memory_mib, trial.replicas) == (cpus, memory_mib, 1)
