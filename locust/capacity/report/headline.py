"""The answer in one big sentence."""

from __future__ import annotations

from capacity.report.cpu_per_request import request_us
from capacity.report.data import Answer, ReportData
from capacity.report.language import Language
from capacity.report.normalized_cpu import PACE_US, need_cpus
from capacity.report.selection import answer, confirmed, ways
from capacity.report.trial_record import Verdict


def headline(findings: ReportData, language: Language) -> str:
    """What was found, or that nothing was, and how far it came."""
    users = language.number(findings.question.users)
    found = _foremost(findings)
    if found:
        limits = {"cpus": language.cores(found.cpus), "memory": language.number(found.memory_mib, 0)}
        key = "headline_found_cpu" if found.memory_mib is None else "headline_found"
        return language.text(key, users=users, via=language.word("via", found.via), **limits)
    trials = findings.trials
    if trials and all(one.verdict is Verdict.INVALID for one in trials):
        return language.text("headline_invalid", trials=language.number(len(trials), 0))
    if findings.largest_rate:
        key = "headline_held" if findings.held_without_limits else "headline_largest"
        return language.text(key, users=users, rate=language.number(findings.largest_rate.rate, 0))
    if not trials:
        return language.text("headline_no_trials")
    return language.text("headline_none", users=users)


def measured(findings: ReportData, language: Language) -> str:
    """Figures of the last step with those limits, or what stopped the largest rate; empty where there is neither."""
    found = _foremost(findings)
    if found:
        last = next((one.last for one in confirmed(findings, found.via)), None)
        if not last:
            return ""
        rates = {"achieved": language.number(last.achieved, 0), "offered": language.number(last.offered, 0)}
        return language.text("headline_measured", p99=language.number(last.p99_ms), **rates)
    stopped = findings.largest_rate.stopped_by.said(language.code) if findings.largest_rate else ""
    return language.text("headline_stopped", stopped=stopped) if stopped else ""


def equal_pace(findings: ReportData, via: str, language: Language) -> str:
    """What the answer by a way would be at an equal pace of the machine; empty where no edge was seen."""
    found, users = answer(findings, via), findings.question.users
    need = need_cpus(findings.trials, via, users, found.memory_mib or 0) if found else None
    costs = request_us(findings.trials, users).get(via)
    if need is None or costs is None:
        return ""
    return language.text(
        "equal_pace",
        via=language.word("via", via),
        cpus=language.number(need),
        pace=language.number(PACE_US, 0),
        **{name: language.number(us, 0) for name, us in zip(("least", "middle", "most"), costs, strict=True)},
    )


def objective(findings: ReportData, language: Language) -> str:
    """What had to hold."""
    slo = findings.question.slo
    return language.text(
        "objective",
        failures=language.number(slo.failures, 0),
        p99=language.number(slo.p99_ms),
        share=language.share(slo.achieved_share),
        memory=language.share(slo.memory_share),
        step=language.number(findings.question.step, 0),
    )


def _foremost(findings: ReportData) -> Answer | None:
    """The answer through the gateway, which most people use, else that of another way."""
    found = [answer(findings, via) for via in sorted(ways(findings), key=lambda one: one != "gateway")]
    return next(filter(None, found), None)
