"""The speed of the machine: the CPU that a request costs the load generator.

A neighbour on the other thread of a core takes part of it, and `/proc/stat` does not show it. The smallest limit that
holds changes with it: the CPU that a request costs the API goes with what it costs the generator (correlation 0.91 in
89 measurements of 4 s with the same limits) and the gateway (0.96).
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from capacity.model.step import Step
from capacity.model.trial import TrialKind
from capacity.model.verdict import Holds
from capacity.report.data import ReportData


def generator_us(step: Step) -> float | None:
    """CPU microseconds of the load generator for a good answer; None without one."""
    return step.generator_cores / step.achieved * 1e6 if step.generator_cores and step.achieved else None


def request_us(data: ReportData) -> dict[str, tuple[float, float, float]]:
    """Minimum, median and maximum of `generator_us` with all users, by route.

    Only trials that held count, because with a queue the generator does more work for a request.
    """
    costs: defaultdict[str, list[float]] = defaultdict(list)
    for trial, verdict in data.trials:
        if not trial.steps or trial.kind is TrialKind.OPEN or not isinstance(verdict, Holds):
            continue
        cost = generator_us(trial.steps[-1])
        if cost is not None and trial.steps[-1].users_planned == data.spec.users:
            costs[trial.via].append(cost)
    return {route: (min(each), median(each), max(each)) for route, each in costs.items()}
