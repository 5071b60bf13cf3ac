"""The tables of the report."""

from __future__ import annotations

from capacity.report.chapter import Table
from capacity.report.cpu_per_request import request_us
from capacity.report.data import OpenCheck, ReportData
from capacity.report.language import MISSING, Language
from capacity.report.trial_record import TrialRecord, Verdict

_SIGNS = {Verdict.HOLDS: "●", Verdict.FAILS: "✕", Verdict.INVALID: "□"}


def limits(language: Language, cpus: float | None, memory_mib: float | None, replicas: int = 1) -> str:
    """Limits as people say them."""
    each = language.text("limits", cpus=language.cores(cpus), memory=language.number(memory_mib, 0))
    return each if replicas == 1 else language.text("limits_replicas", replicas=replicas, limits=each)


def verdict(language: Language, value: Verdict) -> str:
    """A verdict with its sign."""
    return f"{_SIGNS[value]}\u00a0{language.text(value)}"


def answers(findings: ReportData, language: Language) -> Table:
    """The minimum by each way, and below it the neighbours that do not hold."""
    rows = []
    for one in findings.answers:
        found = one.cpus is not None
        result = verdict(language, Verdict.HOLDS) if found else MISSING
        held = f"{language.text('found')} ({one.repeats}\u00d7)" if found else language.text("not_found")
        size = (language.cores(one.cpus), language.number(one.memory_mib, 0))
        rows.append((language.word("via", one.via), *size, result, held, one.verdict.said(language.code)))
        for less in one.rejected:
            size = (language.cores(less.cpus), language.number(less.memory_mib, 0))
            what = language.word("rejected", less.resource)
            rows.append(
                (
                    language.word("via", one.via),
                    *size,
                    verdict(language, Verdict.FAILS),
                    what,
                    less.reason.said(language.code),
                )
            )
    head = ("way", "cpus_head", "memory_head", "verdict", "property", "reason")
    return Table(language.text("answers"), tuple(map(language.text, head)), tuple(rows), prose=True)


def steps(trial: TrialRecord, language: Language) -> Table:
    """Every step of a trial."""
    head = ("users_head", "offered", "achieved", "max", "failures_head", "api_cores", "gateway_cores")
    names = [language.text(key) for key in (*head, "generator_cores", "memory_peak", "throttled")]
    names[3:3] = ["p50 ms", "p95 ms", "p99 ms"]
    rows = tuple(
        (
            *(language.number(value, 0) for value in (one.users, one.offered, one.achieved)),
            *(language.number(value) for value in (one.p50_ms, one.p95_ms, one.p99_ms, one.max_ms)),
            _failures(one.failures, language),
            *(language.number(value) for value in (one.api_cores, one.gateway_cores, one.generator_cores)),
            language.number(one.memory_peak_mib),
            f"{language.number(one.throttled, 0)}/{language.number(one.periods, 0)}",
        )
        for one in trial.steps
    )
    return Table(language.text("steps_table", trial=trial_name(trial, language)), tuple(names), rows, long=True)


def trial_name(trial: TrialRecord, language: Language) -> str:
    """A trial by its limits and its way."""
    return f"{limits(language, trial.cpus, trial.memory_mib, trial.replicas)}, {language.word('via', trial.via)}"


def trials(findings: ReportData, language: Language) -> Table:
    """Every trial with its verdict."""
    rows = []
    for one in findings.trials:
        last = one.last
        figures = (last.users, last.achieved, last.p99_ms, last.generator_us) if last else (None,) * 4
        why = ": ".join(filter(None, (language.word("criterion", one.criterion), one.sentence.said(language.code))))
        row = (limits(language, one.cpus, one.memory_mib, one.replicas), language.word("via", one.via))
        rows.append(
            (*row, language.word("kind", one.kind), *map(language.number, figures), verdict(language, one.verdict), why)
        )
    names = ("limits_head", "way", "kind", "users_head", "achieved", "generator_us", "verdict", "reason")
    head = [language.text(key) for key in names]
    head[5:5] = ["p99 ms"]
    return Table(language.text("trials_table"), tuple(head), tuple(rows), prose=True, long=True)


def replicas(findings: ReportData, language: Language) -> Table:
    """Numbers of replicas side by side."""
    rows = []
    for one in findings.replicas:
        figures = (language.number(value) for value in (one.p99_ms, one.gateway_cores, one.total_cost))
        rows.append(
            (language.number(one.replicas, 0), language.cores(one.total_cpus), verdict(language, one.verdict), *figures)
        )
    names = [language.text(key) for key in ("replicas_head", "total_cpus", "verdict", "gateway_cores", "total_cost")]
    names[3:3] = ["p99 ms"]
    return Table(language.text("replicas"), tuple(names), tuple(rows))


def open_check(check: OpenCheck, language: Language) -> Table:
    """Both kinds of arrivals, percentile by percentile."""
    names = tuple(language.text(key) for key in ("latency_head", "closed_head", "open_head"))
    pairs = (
        (language.text("achieved"), check.closed.rate, check.open.rate),
        ("p50 ms", check.closed.p50_ms, check.open.p50_ms),
        ("p95 ms", check.closed.p95_ms, check.open.p95_ms),
        ("p99 ms", check.closed.p99_ms, check.open.p99_ms),
    )
    rows = tuple((name, language.number(closed), language.number(free)) for name, closed, free in pairs)
    return Table(language.text("open"), names, rows)


def setting(findings: ReportData, language: Language) -> Table:
    """Machine, times, versions, images."""
    machine = findings.machine
    memory = language.number(machine.memory_gib)
    rows = [
        (language.text("cpu_model"), machine.cpu),
        (language.text("cores"), language.number(machine.cores, 0)),
        (language.text("memory"), memory if memory == MISSING else f"{memory} GiB"),
        (language.text("kernel"), machine.kernel),
        (language.text("engine"), machine.engine),
        (language.text("speed"), _speed(findings, language)),
        (language.text("started"), findings.started_at),
        (language.text("ended"), findings.ended_at),
    ]
    rows += [(language.text("version_of", name=name), version) for name, version in findings.versions.items()]
    rows += [(language.text("digest_of", name=name), digest) for name, digest in findings.digests.items()]
    head = (language.text("property"), language.text("value"))
    return Table(language.text("setting"), head, tuple((name, value or MISSING) for name, value in rows), prose=True)


def _speed(findings: ReportData, language: Language) -> str:
    return "; ".join(
        language.text(
            "speed_value",
            via=language.word("via", via),
            **{name: language.number(us, 0) for name, us in zip(("least", "middle", "most"), costs, strict=True)},
        )
        for via, costs in request_us(findings.trials, findings.question.users).items()
    )


def _failures(failures: dict[str, int], language: Language) -> str:
    return ", ".join(f"{language.number(count, 0)} {kind}" for kind, count in failures.items() if count) or "0"
