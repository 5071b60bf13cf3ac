"""The charts of the report."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from markupsafe import Markup

from capacity.model.step import Step
from capacity.model.trial import TrialResult
from capacity.report.chart_types import Frame, Series, lines, replica_bars, trial_map
from capacity.report.data import ReportData, latency
from capacity.report.descriptions import limits_text
from capacity.report.language import Language
from capacity.report.section import Chart
from capacity.report.selection import neighbours, shown
from capacity.report.summary import replica_rows
from capacity.report.tables import trial_name

_STYLES = ("found", "rejected", "second")


def rate_and_latency(data: ReportData, trial: TrialResult, language: Language) -> list[Chart]:
    """Rate and latency of a trial by users."""
    name = trial_name(data, trial, language)
    users = language.text("users")
    steps = trial.steps
    rates = [
        Series(language.text("offered_line"), [(step.users_planned, step.offered) for step in steps], "plain"),
        Series(language.text("achieved_line"), [(step.users_planned, step.achieved) for step in steps], "found"),
    ]
    latencies = [
        Series("p50", [(step.users_planned, latency(step, step.p50_ms)) for step in steps], "p50"),
        Series("p95", [(step.users_planned, latency(step, step.p95_ms)) for step in steps], "p95"),
        Series("p99", [(step.users_planned, latency(step, step.p99_ms)) for step in steps], "found"),
    ]
    rate = Frame(language.text("rate_chart", trial=name), (users, language.text("rate_axis")))
    latency_frame = Frame(
        language.text("latency_chart", trial=name), (users, language.text("ms_axis")), limit=_objective(data, language)
    )
    return _charts(
        [(rate.title, lines(rate, rates, language)), (latency_frame.title, lines(latency_frame, latencies, language))]
    )


def load(data: ReportData, language: Language) -> list[Chart]:
    """p99 by offered rate: the minimum and its neighbours."""
    units = (language.text("offered_axis"), language.text("ms_axis"))
    drawn = []
    for route in data.routes:
        title = language.text("load_chart", via=language.name("via", route))
        series = _compared(data, route, language, lambda step: (step.offered, latency(step, step.p99_ms)))
        frame = Frame(title, units, logarithmic=True, limit=_objective(data, language))
        drawn.append((title, lines(frame, series, language)))
    return _charts(drawn)


def throttling(data: ReportData, language: Language) -> list[Chart]:
    """Throttled periods by users: the minimum and its neighbours."""
    units = (language.text("users"), language.text("throttled_axis"))
    drawn = []
    for route in data.routes:
        title = language.text("throttling_chart", via=language.name("via", route))
        series = _compared(data, route, language, _throttled_percent)
        drawn.append((title, lines(Frame(title, units), series, language)))
    return _charts(drawn)


def trial_maps(data: ReportData, language: Language) -> list[Chart]:
    """All trials of one replica by each route, and those around the minimum enlarged."""
    if data.limited != {"cpu", "memory"}:
        return []
    drawn = []
    for route in data.routes:
        trials = [judged for judged in data.trials if judged[0].via == route and judged[0].limits.replicas == 1]
        minimum = data.minimum(route)
        for key, near in (("map_chart", False), ("near_chart", True)):
            title = language.text(key, via=language.name("via", route))
            drawn.append((title, trial_map(title, trials, minimum, language, near=near)))
    return _charts(drawn)


def replicas(data: ReportData, language: Language) -> list[Chart]:
    """Used cores by the number of replicas."""
    return _charts([(language.text("replicas_chart"), replica_bars(replica_rows(data), language))])


def _compared(
    data: ReportData, route: str, language: Language, point: Callable[[Step], tuple[float, float | None]]
) -> list[Series]:
    best = shown(data, route)
    trials = chain([best] if best else [], neighbours(data, route))
    return [
        Series(limits_text(data, trial.limits, language), [point(step) for step in trial.steps], style)
        for trial, style in zip(trials, _STYLES, strict=False)
    ]


def _throttled_percent(step: Step) -> tuple[float, float | None]:
    return step.users_planned, step.throttled / step.periods * 100 if step.periods else None


def _objective(data: ReportData, language: Language) -> tuple[float, str]:
    p99_ms = data.spec.slo.p99_ms
    return p99_ms, language.text("objective_line", p99=language.number(p99_ms))


def _charts(drawn: list[tuple[str, Markup | None]]) -> list[Chart]:
    return [Chart(title, svg) for title, svg in drawn if svg is not None]
