"""Data of runs for the report's tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from capacity.measure.host_info import HostInfo
from capacity.model.criteria import Criterion
from capacity.model.limits import Limits
from capacity.model.search_result import Headroom, Minimum, Neighbour, ReplicaResult, SearchResult
from capacity.model.spec import SearchSpec
from capacity.model.step import Step
from capacity.model.trial import TrialKind, TrialResult
from capacity.model.verdict import Fails, Holds, Invalid, Reason, Verdict
from capacity.report.data import JudgedTrial, ReportData
from capacity.report.localized import Localized
from tests.unit.locust.capacity.trial.servers import step_of

HOLDS = Holds()
SLOW = Fails(Criterion.P99, 20, 10_000, 612, 250)
FULL_MEMORY = Fails(Criterion.OOM, 1, 500, 2, 0)
BUSY = Invalid(Reason.GENERATOR_BUSY, 1, 0.9, 0.85)


def report_data(*trials: JudgedTrial, **parts: Any) -> ReportData:
    """Data with these trials and parts, and nothing else."""
    return ReportData(**{"specs": (SearchSpec(),), "trials": trials, **parts})


def trial(  # noqa: PLR0913 - all that a trial has
    cpus: float,
    memory_mib: int,
    verdict: Verdict,
    *steps: Step,
    kind: TrialKind = TrialKind.RAMP,
    replicas: int = 1,
    via: str = "gateway",
) -> JudgedTrial:
    """A trial of 10,000 users with these steps."""
    result = TrialResult(
        kind=kind,
        limits=Limits(cpus, memory_mib, replicas),
        users=10_000,
        via=via,
        started_at="2026-11-24T12:00:00+00:00",
        seconds=20,
        steps=steps,
    )
    return result, verdict


def ramp(cpus: float, memory_mib: int, verdict: Verdict, p99_ms: float, **parts: Any) -> JudgedTrial:
    """A trial of all steps, with this p99 at the last."""
    return trial(cpus, memory_mib, verdict, *_steps(p99_ms, achieved=0.99 if verdict == HOLDS else 0.93), **parts)


def found(limits: Limits, cpu: Neighbour | None = None, memory: Neighbour | None = None) -> SearchResult:
    """A result with this minimum, the next smaller CPU and the next smaller memory."""
    return SearchResult(minimum=Minimum(limits, 3, cpu, memory))


def at(limits: Limits, verdict: Verdict) -> Neighbour:
    """A neighbour with 10,000 users."""
    return Neighbour(limits, 10_000, verdict)


def _steps(p99_ms: float, *, achieved: float) -> Sequence[Step]:
    """Steps of 500 users; latency grows late, as queues do."""
    return [
        replace(
            step_of(
                users,
                p99_ms=12 + (p99_ms - 12) * (users / 10_000) ** 6,
                achieved=users / 1.75 * (1 - (1 - achieved) * (users / 10_000) ** 6),
            ),
            throttled=round(users / 400),
            gateway_cores=0.03 + 0.28 * users / 10_000,
            generator_cores=0.02 + 0.4 * users / 10_000,
        )
        for users in range(500, 10_001, 500)
    ]


_ONE = Limits(0.08, 96)
FULL = report_data(
    ramp(0.4, 256, HOLDS, 19),
    ramp(0.1, 256, HOLDS, 27),
    ramp(0.05, 256, SLOW, 2400),
    ramp(0.073, 96, SLOW, 612),
    ramp(0.08, 96, HOLDS, 33),
    ramp(0.08, 128, HOLDS, 31),
    ramp(0.08, 88, FULL_MEMORY, 900),
    ramp(0.09, 160, BUSY, 45),
    ramp(0.5, 256, HOLDS, 21, via="direct"),
    ramp(0.25, 112, HOLDS, 71, via="direct"),
    ramp(0.22, 112, SLOW, 480, via="direct"),
    ramp(0.25, 104, FULL_MEMORY, 1200, via="direct"),
    ramp(0.04, 96, HOLDS, 41, replicas=2),
    ramp(0.0266, 96, HOLDS, 190, replicas=3),
    ramp(0.02, 96, SLOW, 700, replicas=4),
    trial(0.08, 96, HOLDS, step_of(10_000, p99_ms=52), kind=TrialKind.OPEN),
    specs=(SearchSpec(via="gateway"), SearchSpec(via="direct")),
    results={
        "gateway": replace(
            found(_ONE, at(Limits(0.073, 96), SLOW), at(Limits(0.08, 88), FULL_MEMORY)),
            replica_results=(
                ReplicaResult(2, at(Limits(0.04, 96, 2), HOLDS), Limits(0.04, 96, 2)),
                ReplicaResult(3, at(Limits(0.0266, 96, 3), HOLDS), Limits(0.0266, 96, 3)),
                ReplicaResult(4, at(Limits(0.02, 96, 4), SLOW)),
            ),
        ),
        "direct": replace(
            found(Limits(0.25, 112), at(Limits(0.22, 112), SLOW), at(Limits(0.25, 104), FULL_MEMORY)),
            headroom=Headroom(BUSY),
        ),
    },
    left_out=(Localized("No se midió un bosque aleatorio.", "A random forest was not measured."),),
    machine=HostInfo(
        cpu="Intel(R) Xeon(R) Processor @ 2.60GHz",
        cores=2,
        memory_gib=15.6,
        kernel="Linux 6.1.0",
        engine="Docker 27.3",
    ),
    versions={"Python": "3.11.7", "locust": "2.40.0"},
    digests={"fastapi-app": "sha256:" + "ab12" * 16, "gateway": "sha256:" + "cd34" * 16},
    commands=("make up", 'make capacity ARGS="--users 10000 --replicas 1,2,3,4"'),
    started_at="2026-11-24T12:00:00+00:00",
    ended_at="2026-11-24T12:14:10+00:00",
)
QUICK = report_data(
    *FULL.trials[:8],
    specs=(SearchSpec(replicas=()),),
    results={"gateway": replace(FULL.results["gateway"], replica_results=())},
    commands=("make capacity ARGS=--quick",),
)
