"""Which charts the report draws of what was found."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup

from capacity.report.chapter import Chart
from capacity.report.charts import Frame, Limits, Series, lines, replica_bars, trial_map
from capacity.report.data import ReportData
from capacity.report.language import Language
from capacity.report.selection import answer, neighbours, shown, ways
from capacity.report.tables import limits, trial_name
from capacity.report.trial_record import StepRecord, TrialRecord

_SERIES = ("found", "rejected", "second")


def trial(one: TrialRecord, p99_ms: float, language: Language) -> list[Chart]:
    """Rate and latency by users."""
    name = trial_name(one, language)
    users = language.text("users")
    rates = [
        Series(language.text("offered_line"), [(step.users, step.offered) for step in one.steps], "plain"),
        Series(language.text("achieved_line"), [(step.users, step.achieved) for step in one.steps], "found"),
    ]
    latencies = [
        Series("p50", [(step.users, step.p50_ms) for step in one.steps], "p50"),
        Series("p95", [(step.users, step.p95_ms) for step in one.steps], "p95"),
        Series("p99", [(step.users, step.p99_ms) for step in one.steps], "found"),
    ]
    rate = Frame(language.text("rate_chart", trial=name), (users, language.text("rate_axis")))
    latency = Frame(
        language.text("latency_chart", trial=name),
        (users, language.text("ms_axis")),
        limit=_objective(p99_ms, language),
    )
    return _drawn([(rate.title, lines(rate, rates, language)), (latency.title, lines(latency, latencies, language))])


def load(findings: ReportData, language: Language) -> list[Chart]:
    """p99 against the offered rate: the answer and its neighbours."""
    units = (language.text("offered_axis"), language.text("ms_axis"))
    limit = _objective(findings.question.slo.p99_ms, language)
    drawn = []
    for via in ways(findings):
        title = language.text("load_chart", via=language.word("via", via))
        series = _compared(findings, via, language, lambda step: (step.offered, step.p99_ms))
        frame = Frame(title, units, logarithmic=True, limit=limit)
        drawn.append((title, lines(frame, series, language)))
    return _drawn(drawn)


def throttling(findings: ReportData, language: Language) -> list[Chart]:
    """Throttled periods by users: the answer and its neighbours."""
    units = (language.text("users"), language.text("throttled_axis"))
    drawn = []
    for via in ways(findings):
        title = language.text("throttling_chart", via=language.word("via", via))
        series = _compared(findings, via, language, lambda step: (step.users, _percent(step.throttled_share)))
        drawn.append((title, lines(Frame(title, units), series, language)))
    return _drawn(drawn)


def trial_maps(findings: ReportData, language: Language) -> list[Chart]:
    """All trials of one replica by each way, and those around the answer enlarged."""
    drawn = []
    for via in ways(findings):
        placed = [one for one in findings.trials if one.via == via and one.replicas == 1]
        found = answer(findings, via)
        less = tuple(Limits(one.cpus, one.memory_mib) for one in found.rejected) if found else ()
        ring = Limits(found.cpus, found.memory_mib, less) if found else Limits()
        for key, near in (("map_chart", False), ("near_chart", True)):
            title = language.text(key, via=language.word("via", via))
            drawn.append((title, trial_map(title, placed, ring, language, near=near)))
    return _drawn(drawn)


def replicas(findings: ReportData, language: Language) -> list[Chart]:
    """What each number of replicas cost."""
    return _drawn([(language.text("replicas_chart"), replica_bars(findings.replicas, language))])


def _compared(
    findings: ReportData, via: str, language: Language, point: Callable[[StepRecord], tuple[float, float | None]]
) -> list[Series]:
    best = shown(findings, via)
    trials = [*([best] if best else []), *neighbours(findings, via)]
    return [
        Series(limits(language, one.cpus, one.memory_mib), [point(step) for step in one.steps], style)
        for one, style in zip(trials, _SERIES, strict=False)
    ]


def _objective(p99_ms: float, language: Language) -> tuple[float, str]:
    return p99_ms, language.text("objective_line", p99=language.number(p99_ms))


def _percent(share: float | None) -> float | None:
    return None if share is None else share * 100


def _drawn(charts: list[tuple[str, Markup | None]]) -> list[Chart]:
    return [Chart(title, svg) for title, svg in charts if svg is not None]
