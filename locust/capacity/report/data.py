"""The data of a report: what a run searched, found and measured, in the classes of the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from capacity.measure.host_info import HostInfo
from capacity.model.limits import Limits
from capacity.model.search_result import Minimum, SearchResult
from capacity.model.spec import SearchSpec
from capacity.model.step import Step
from capacity.model.trial import TrialResult
from capacity.model.verdict import Verdict
from capacity.report.localized import Localized

JudgedTrial = tuple[TrialResult, Verdict]
"""A trial and its verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """A run and its environment; every part but the specs may be missing.

    Attributes:
        specs: One for each route, with the same users and SLO.
        results: By route.
        trials: In the order of the run.
        limited: What could be limited: `cpu`, `memory`. Other limits are not shown, because they were not set.
        left_out: What was not measured, and why.
        machine: Where it ran.
        versions: By the name of the software.
        digests: Of the images, by their names.
        commands: What was typed.
        started_at: ISO date and time.
        ended_at: ISO date and time.
    """

    specs: tuple[SearchSpec, ...]
    results: Mapping[str, SearchResult] = field(default_factory=dict)
    trials: tuple[JudgedTrial, ...] = ()
    limited: frozenset[str] = frozenset({"cpu", "memory"})
    left_out: tuple[Localized, ...] = ()
    machine: HostInfo = field(default_factory=HostInfo)
    versions: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    started_at: str = ""
    ended_at: str = ""

    @property
    def spec(self) -> SearchSpec:
        """Users and SLO, which are the same for all routes."""
        return self.specs[0]

    @property
    def routes(self) -> list[str]:
        """Routes of the results, then of other trials; without both, those of the specs."""
        used = [*self.results, *(trial.via for trial, _ in self.trials)]
        return list(dict.fromkeys(used or (spec.via for spec in self.specs)))

    @property
    def held_without_limits(self) -> bool:
        """Whether the users were held although the CPU could not be limited."""
        return "cpu" not in self.limited and any(result.minimum for result in self.results.values())

    def minimum(self, route: str) -> Minimum | None:
        """The smallest limits by a route; None when there are none, or CPU could not be limited."""
        result = self.results.get(route)
        return result.minimum if result and "cpu" in self.limited else None

    def cpus(self, limits: Limits) -> float | None:
        """Cores of each replica; None when they could not be limited."""
        return limits.cpus if "cpu" in self.limited else None

    def memory_mib(self, limits: Limits) -> int | None:
        """Memory of each replica; None when it could not be limited."""
        return limits.memory_mib if "memory" in self.limited else None


def latency(step: Step, milliseconds: float) -> float | None:
    """A latency of a step; None when nothing was answered, because 0 would look like the best one."""
    return milliseconds if step.achieved else None
