"""The headline of the report, and the sentences below it."""

from __future__ import annotations

from capacity.model.verdict import Invalid
from capacity.report.cpu_per_request import request_us
from capacity.report.data import ReportData, latency
from capacity.report.descriptions import describe_end
from capacity.report.language import Language
from capacity.report.normalized_cpu import REFERENCE_US, normalized_cpus
from capacity.report.selection import confirmed
from capacity.report.summary import GATEWAY, largest_rate
from capacity.report.tables import minimum_texts
from load import think_time


def headline(data: ReportData, language: Language) -> str:
    """The smallest limits, or why there are none and the largest rate."""
    users = language.number(data.spec.users)
    route = _main_route(data)
    if minimum := data.minimum(route):
        cpus, memory = minimum_texts(data, minimum, language)
        key = "headline_found" if "memory" in data.limited else "headline_found_cpu"
        return language.text(key, users=users, via=language.name("via", route), cpus=cpus, memory=memory)
    if data.trials and all(isinstance(verdict, Invalid) for _, verdict in data.trials):
        return language.text("headline_invalid", trials=language.number(len(data.trials), 0))
    if largest := largest_rate(data):
        key = "headline_held" if data.held_without_limits else "headline_largest"
        return language.text(key, users=users, rate=language.number(largest.rate, 0))
    if not data.trials:
        return language.text("headline_no_trials")
    return language.text("headline_none", users=users)


def measured(data: ReportData, language: Language) -> str:
    """The last step of the worst trial with the smallest limits; without limits, what ended the largest rate."""
    route = _main_route(data)
    if data.minimum(route):
        trials = confirmed(data, route)
        if not trials:
            return ""
        last = trials[0].steps[-1]
        return language.text(
            "headline_measured",
            p99=language.number(latency(last, last.p99_ms)),
            achieved=language.number(last.achieved, 0),
            offered=language.number(last.offered, 0),
        )
    largest = largest_rate(data)
    stopped = describe_end(largest).text(language.code) if largest else ""
    return language.text("stopped", stopped=stopped) if stopped else ""


def normalized_cpu(data: ReportData, route: str, language: Language) -> str:
    """The normalized CPU of a route; empty when it is not known."""
    minimum = data.minimum(route)
    cpus = normalized_cpus(data, route, minimum.limits) if minimum else None
    costs = request_us(data).get(route)
    if cpus is None or costs is None:
        return ""
    return language.text(
        "normalized_cpu",
        via=language.name("via", route),
        cpus=language.number(cpus),
        reference=language.number(REFERENCE_US, 0),
        **{name: language.number(us, 0) for name, us in zip(("least", "middle", "most"), costs, strict=True)},
    )


def objective(data: ReportData, language: Language) -> str:
    """The SLO."""
    slo = data.spec.slo
    return language.text(
        "objective",
        failures=language.number(slo.failures, 0),
        p99=language.number(slo.p99_ms),
        share=language.share(slo.achieved_share),
        memory=language.share(slo.memory_share),
        step=language.number(data.spec.step_users, 0),
        wait=language.number(think_time.MEAN_SECONDS),
    )


def _main_route(data: ReportData) -> str:
    """The gateway, which most users have, if a minimum was found through it; else the first route with one."""
    routes = sorted(data.routes, key=lambda route: route != GATEWAY)
    return next((route for route in routes if data.minimum(route)), GATEWAY)
