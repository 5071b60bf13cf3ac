"""What the report derives from trials and results: the rows of replicas, the largest rate, the open arrivals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from capacity.model.limits import Limits
from capacity.model.search_result import Minimum, Neighbour
from capacity.model.step import Step
from capacity.model.trial import TrialKind, TrialResult
from capacity.model.verdict import Holds, Invalid, Verdict
from capacity.report.data import JudgedTrial, ReportData

GATEWAY = "gateway"


def rejected(minimum: Minimum) -> list[tuple[str, Neighbour]]:
    """The next smaller limits, each with the resource that is less: `cpu` or `memory`."""
    neighbours = (("cpu", minimum.smaller_cpus), ("memory", minimum.smaller_memory))
    return [(resource, neighbour) for resource, neighbour in neighbours if neighbour]


@dataclass(frozen=True, slots=True)
class ReplicaRow:
    """Some replicas and their worst measurement.

    Attributes:
        limits: Their limits and number.
        verdict: Whether they hold.
        step: The last step of that trial; None when no trial shows the verdict.
    """

    limits: Limits
    verdict: Verdict
    step: Step | None

    @property
    def total_cost(self) -> float | None:
        """Cores that the replicas and the gateway used."""
        return self.step.gateway_cores + self.step.api_cores if self.step else None


def replica_rows(data: ReportData) -> list[ReplicaRow]:
    """One replica and more with the same cores in total, and the smallest limits that each number holds with."""
    result = data.results.get(GATEWAY)
    if result is None or result.minimum is None or not result.replica_results:
        return []
    rows: list[tuple[Limits, Verdict]] = [(result.minimum.limits, Holds())]
    rows += [(each.equal.limits, each.equal.verdict) for each in result.replica_results]
    rows += [
        (each.limits, Holds()) for each in result.replica_results if each.limits and each.limits != each.equal.limits
    ]
    # Only trials through the gateway: the same limits may have been tried by the other route as well.
    trials = [judged for judged in data.trials if judged[0].via == GATEWAY]
    rows.sort(key=lambda row: row[0].replicas)
    return [ReplicaRow(limits, verdict, _worst_step(trials, limits, verdict)) for limits, verdict in rows]


def _worst_step(trials: Sequence[JudgedTrial], limits: Limits, verdict: Verdict) -> Step | None:
    """The last step of the worst trial with these limits and this kind of verdict, a ramp if there is one."""
    last = [
        (trial.kind is not TrialKind.RAMP, trial.steps[-1].achieved, trial.steps[-1])
        for trial, seen in trials
        if trial.limits == limits and type(seen) is type(verdict) and trial.steps
    ]
    return min(last, key=lambda each: each[:2])[2] if last else None


@dataclass(frozen=True, slots=True)
class LargestRate:
    """The trial that held with the most requests per second.

    Attributes:
        trial: The trial.
        searched: Whether more users were tried by its route.
        stopped_by: Verdict of the trial that ended this; None when the most users to try held.
    """

    trial: TrialResult
    searched: bool
    stopped_by: Verdict | None

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return self.trial.steps[-1].achieved


def largest_rate(data: ReportData) -> LargestRate | None:
    """The largest rate; None when no trial held."""
    held = [trial for trial, verdict in data.trials if isinstance(verdict, Holds)]
    if not held:
        return None
    best = max(held, key=lambda trial: trial.steps[-1].achieved)
    headroom = data.results[best.via].headroom if best.via in data.results else None
    return LargestRate(best, headroom is not None, headroom.stopped_by if headroom else None)


@dataclass(frozen=True, slots=True)
class OpenCheck:
    """The last steps of a trial with open arrivals and of a ramp with the same limits, users and route."""

    closed: Step
    open: Step


def open_check(data: ReportData) -> OpenCheck | None:
    """The last of both; None when one of them is missing or invalid."""
    opened = [judged for judged in data.trials if judged[0].kind is TrialKind.OPEN]
    if not opened:
        return None
    trial, verdict = opened[-1]
    spec = replace(trial.spec, kind=TrialKind.RAMP)
    closed = [
        ramp for ramp, seen in data.trials if (ramp.spec, ramp.via) == (spec, trial.via) and isinstance(seen, Holds)
    ]
    if isinstance(verdict, Invalid) or not closed or not trial.steps[-1].achieved:
        return None
    return OpenCheck(closed[-1].steps[-1], trial.steps[-1])
