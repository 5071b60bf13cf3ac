"""The raw data of a report: everything as JSON, every step as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from typing import Any, Final

from capacity.model.search_result import SearchResult
from capacity.model.step import Step
from capacity.model.trial import TrialResult
from capacity.model.verdict import Holds, Invalid, Verdict
from capacity.report.data import ReportData, latency
from capacity.report.descriptions import compare, describe_end, describe_result, describe_trial
from capacity.report.summary import LargestRate, OpenCheck, ReplicaRow, largest_rate, open_check, rejected, replica_rows
from capacity.report.verdicts import criterion, describe, outcome

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def to_json(data: ReportData) -> dict[str, Any]:
    """All data, with the texts of the report."""
    largest, check = largest_rate(data), open_check(data)
    return {
        "question": {
            "users": data.spec.users,
            "step": data.spec.step_users,
            "slo": data.spec.slo.to_json(),
            "via": [spec.via for spec in data.specs],
        },
        "answers": [_answer(data, route, result) for route, result in data.results.items()],
        "trials": [
            {
                **_trial(data, trial, verdict),
                "sentence": asdict(describe(verdict)),
                "steps": [_step(step) for step in trial.steps],
            }
            for trial, verdict in data.trials
        ],
        "replicas": [_replicas(row) for row in replica_rows(data)],
        "largest_rate": _largest_rate(data, largest) if largest else None,
        "held_without_limits": data.held_without_limits,
        "open_check": _open_check(check) if check else None,
        "left_out": [asdict(text) for text in data.left_out],
        "machine": asdict(data.machine),
        "versions": dict(data.versions),
        "digests": dict(data.digests),
        "commands": list(data.commands),
        "started_at": data.started_at,
        "ended_at": data.ended_at,
    }


def to_csv(data: ReportData) -> str:
    """One line for each step, with the number and the limits of its trial; failures as `kind=count; kind=count`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    trial_names = ("cpus", "memory_mib", "replicas", "via", "kind", "verdict", "criterion")
    step_names = [name for name in _step(Step.not_started(0, 0)) if name != "failures"]
    writer.writerow(("trial", *trial_names, *step_names, "failed", "failures"))
    for number, (trial, verdict) in enumerate(data.trials, start=1):
        values = [_cell(value) for value in _trial(data, trial, verdict).values()]
        for step in trial.steps:
            figures = _step(step)
            kinds = "; ".join(f"{kind}={count}" for kind, count in step.failures.items())
            writer.writerow([number, *values, *(figures[name] for name in step_names), step.failed, _cell(kinds)])
    return text.getvalue()


def _cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _trial(data: ReportData, trial: TrialResult, verdict: Verdict) -> dict[str, Any]:
    return {
        "cpus": data.cpus(trial.limits),
        "memory_mib": data.memory_mib(trial.limits),
        "replicas": trial.limits.replicas,
        "via": trial.via,
        "kind": trial.kind,
        "verdict": outcome(verdict),
        "criterion": criterion(verdict),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "users": step.users_planned,
        "offered": step.offered,
        "achieved": step.achieved,
        "p50_ms": latency(step, step.p50_ms),
        "p95_ms": latency(step, step.p95_ms),
        "p99_ms": latency(step, step.p99_ms),
        "max_ms": latency(step, step.max_ms),
        "failures": step.failures,
        "api_cores": step.api_cores,
        "gateway_cores": step.gateway_cores,
        "generator_cores": step.generator_cores,
        "memory_peak_mib": step.api_memory_peak_mib,
        "throttled": step.throttled,
        "periods": step.periods,
        "throttled_seconds": step.throttled_seconds,
        "oom_kills": step.oom_kills,
        "deaths": step.deaths,
        "machine_steal": step.machine_steal,
        "machine_busy": step.machine_busy,
        "looks": step.looks,
    }


def _answer(data: ReportData, route: str, result: SearchResult) -> dict[str, Any]:
    minimum = result.minimum
    if minimum is None:
        limits: dict[str, Any] = {"cpus": None, "memory_mib": None}
    else:
        limits = {
            "cpus": data.cpus(minimum.limits),
            "memory_mib": data.memory_mib(minimum.limits),
            "cpus_is_upper_bound": minimum.cpus_is_upper_bound,
            "memory_is_upper_bound": minimum.memory_is_upper_bound,
        }
    return {
        "via": route,
        **limits,
        "verdict": asdict(describe_result(result)),
        "repeats": minimum.confirmations if minimum else 0,
        "rejected": [
            {
                "resource": resource,
                "cpus": neighbour.limits.cpus,
                "memory_mib": neighbour.limits.memory_mib,
                "reason": asdict(describe(neighbour.verdict)),
            }
            for resource, neighbour in (rejected(minimum) if minimum else ())
        ],
    }


def _replicas(row: ReplicaRow) -> dict[str, Any]:
    return {
        "replicas": row.limits.replicas,
        "total_cpus": row.limits.total_cpus,
        "holds": None if isinstance(row.verdict, Invalid) else isinstance(row.verdict, Holds),
        "p99_ms": row.step.p99_ms if row.step else None,
        "gateway_cores": row.step.gateway_cores if row.step else None,
        "total_cost": row.total_cost,
    }


def _largest_rate(data: ReportData, largest: LargestRate) -> dict[str, Any]:
    return {
        "rate": largest.rate,
        "under": asdict(describe_trial(data, largest.trial)),
        "stopped_by": asdict(describe_end(largest)),
    }


def _open_check(check: OpenCheck) -> dict[str, Any]:
    return {
        "offered": check.open.offered,
        "closed": _percentiles(check.closed),
        "open": _percentiles(check.open),
        "sentence": asdict(compare(check)),
    }


def _percentiles(step: Step) -> dict[str, float]:
    return {"rate": step.achieved, "p50_ms": step.p50_ms, "p95_ms": step.p95_ms, "p99_ms": step.p99_ms}
