"""The tables of the report."""

from __future__ import annotations

from typing import Final

from capacity.model.search_result import Minimum
from capacity.model.trial import TrialResult
from capacity.report.cpu_per_request import generator_us, request_us
from capacity.report.data import ReportData, latency
from capacity.report.descriptions import describe_result, limits_text
from capacity.report.language import MISSING, Language
from capacity.report.section import Table
from capacity.report.summary import OpenCheck, ReplicaRow, rejected
from capacity.report.verdicts import Outcome, criterion, describe, outcome

_SYMBOLS: Final = {Outcome.HOLDS: "●", Outcome.FAILS: "✕", Outcome.INVALID: "□"}


def minimum_texts(data: ReportData, minimum: Minimum, language: Language) -> tuple[str, str]:
    """CPU and memory of a minimum; with "at most" where it is only an upper bound."""
    cpus = language.cores(minimum.limits.cpus)
    memory = language.number(data.memory_mib(minimum.limits), 0)
    return (
        language.text("at_most", value=cpus) if minimum.cpus_is_upper_bound else cpus,
        language.text("at_most", value=memory) if minimum.memory_is_upper_bound and memory != MISSING else memory,
    )


def trial_name(data: ReportData, trial: TrialResult, language: Language) -> str:
    """A trial by its limits and its route."""
    return f"{limits_text(data, trial.limits, language)}, {language.name('via', trial.via)}"


def answers(data: ReportData, language: Language) -> Table:
    """The minimum of each route, and below it the neighbours that do not hold."""
    rows = []
    for route, result in data.results.items():
        name, reason = language.name("via", route), describe_result(result).text(language.code)
        minimum = data.minimum(route)
        if minimum is None:
            rows.append((name, MISSING, MISSING, MISSING, language.text("not_found"), reason))
            continue
        held = f"{language.text('found')} ({minimum.confirmations}\u00d7)"
        rows.append((name, *minimum_texts(data, minimum, language), _outcome(Outcome.HOLDS, language), held, reason))
        for resource, neighbour in rejected(minimum):
            size = (language.cores(neighbour.limits.cpus), language.number(neighbour.limits.memory_mib, 0))
            less, reason = language.name("rejected", resource), describe(neighbour.verdict).text(language.code)
            rows.append((name, *size, _outcome(outcome(neighbour.verdict), language), less, reason))
    head = ("route", "cpus_head", "memory_head", "verdict", "property", "reason")
    return Table(language.text("answers"), tuple(map(language.text, head)), tuple(rows), prose=True)


def steps(data: ReportData, trial: TrialResult, language: Language) -> Table:
    """Every step of a trial."""
    head = ("users_head", "offered", "achieved", "max", "failures_head", "api_cores", "gateway_cores")
    names = [language.text(key) for key in (*head, "generator_cores", "memory_peak", "throttled")]
    names[3:3] = ["p50 ms", "p95 ms", "p99 ms"]
    rows = tuple(
        (
            *(language.number(value, 0) for value in (step.users_planned, step.offered, step.achieved)),
            *(language.number(latency(step, value)) for value in (step.p50_ms, step.p95_ms, step.p99_ms, step.max_ms)),
            _failures(step.failures, language),
            *(language.number(value) for value in (step.api_cores, step.gateway_cores, step.generator_cores)),
            language.number(step.api_memory_peak_mib),
            f"{language.number(step.throttled, 0)}/{language.number(step.periods, 0)}",
        )
        for step in trial.steps
    )
    return Table(language.text("steps_table", trial=trial_name(data, trial, language)), tuple(names), rows, long=True)


def trials(data: ReportData, language: Language) -> Table:
    """Every trial with its verdict."""
    rows = []
    for trial, verdict in data.trials:
        figures: tuple[float | None, ...] = (None,) * 4
        if trial.steps:
            last = trial.steps[-1]
            figures = (last.users_planned, last.achieved, latency(last, last.p99_ms), generator_us(last))
        decided = language.name("criterion", criterion(verdict))
        rows.append(
            (
                limits_text(data, trial.limits, language),
                language.name("via", trial.via),
                language.name("kind", trial.kind),
                *map(language.number, figures),
                _outcome(outcome(verdict), language),
                ": ".join(filter(None, (decided, describe(verdict).text(language.code)))),
            )
        )
    names = ("limits_head", "route", "kind", "users_head", "achieved", "generator_us", "verdict", "reason")
    head = [language.text(key) for key in names]
    head[5:5] = ["p99 ms"]
    return Table(language.text("trials_table"), tuple(head), tuple(rows), prose=True, long=True)


def replicas(rows: list[ReplicaRow], language: Language) -> Table:
    """Numbers of replicas side by side."""
    cells = tuple(
        (
            language.number(row.limits.replicas, 0),
            language.cores(row.limits.total_cpus),
            _outcome(outcome(row.verdict), language),
            language.number(row.step.p99_ms if row.step else None),
            language.number(row.step.gateway_cores if row.step else None),
            language.number(row.total_cost),
        )
        for row in rows
    )
    names = [language.text(key) for key in ("replicas_head", "total_cpus", "verdict", "gateway_cores", "total_cost")]
    names[3:3] = ["p99 ms"]
    return Table(language.text("replicas"), tuple(names), cells)


def open_check(check: OpenCheck, language: Language) -> Table:
    """Rate and percentiles of users who wait for their answers, and of open arrivals."""
    names = tuple(language.text(key) for key in ("latency_head", "closed_head", "open_head"))
    pairs = (
        (language.text("achieved"), check.closed.achieved, check.open.achieved),
        ("p50 ms", check.closed.p50_ms, check.open.p50_ms),
        ("p95 ms", check.closed.p95_ms, check.open.p95_ms),
        ("p99 ms", check.closed.p99_ms, check.open.p99_ms),
    )
    rows = tuple((name, language.number(closed), language.number(opened)) for name, closed, opened in pairs)
    return Table(language.text("open"), names, rows)


def setting(data: ReportData, language: Language) -> Table:
    """Machine, times, versions, images."""
    machine = data.machine
    memory = language.number(machine.memory_gib)
    rows = [
        (language.text("cpu_model"), machine.cpu),
        (language.text("cores"), language.number(machine.cores, 0)),
        (language.text("memory"), memory if memory == MISSING else f"{memory} GiB"),
        (language.text("kernel"), machine.kernel),
        (language.text("engine"), machine.engine),
        (language.text("speed"), _speed(data, language)),
        (language.text("started"), data.started_at),
        (language.text("ended"), data.ended_at),
    ]
    rows += [(language.text("version_of", name=name), version) for name, version in data.versions.items()]
    rows += [(language.text("digest_of", name=name), digest) for name, digest in data.digests.items()]
    known = tuple((name, value) for name, value in rows if value not in ("", MISSING))
    return Table(language.text("setting"), (language.text("property"), language.text("value")), known, prose=True)


def _outcome(value: Outcome, language: Language) -> str:
    return f"{_SYMBOLS[value]}\u00a0{language.text(value)}"


def _speed(data: ReportData, language: Language) -> str:
    return "; ".join(
        language.text(
            "speed_value",
            via=language.name("via", route),
            **{name: language.number(us, 0) for name, us in zip(("least", "middle", "most"), costs, strict=True)},
        )
        for route, costs in request_us(data).items()
    )


def _failures(failures: dict[str, int], language: Language) -> str:
    return ", ".join(f"{language.number(count, 0)} {kind}" for kind, count in failures.items() if count) or "0"
