"""The trials that a search is expected to make: those of the search itself with assumed verdicts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from capacity.model.criteria import Criterion
from capacity.model.limits import Limits
from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialKind
from capacity.model.verdict import Fails, Holds, Verdict
from capacity.search.phase import Phase
from capacity.search.search import Search

_MORE_USERS: Final = 1.2
"""Assumed to hold, in parts of the users that are wanted."""
_SHARED_CPUS: Final = 0.99
"""Shares of CPU are rounded down."""


@dataclass(frozen=True, slots=True)
class PlannedPhase:
    """A phase and the number of its trials."""

    phase: Phase
    trials: Counter[TrialKind] = field(default_factory=Counter)


def planned_phases(spec: SearchSpec, most_users: int | None, *, all_users_hold: bool = True) -> list[PlannedPhase]:
    """The phases of a search in their order.

    Args:
        spec: What is searched.
        most_users: The largest number of users to try beyond those of the specification; None for none.
        all_users_hold: Whether the users are assumed to hold with the largest limits.
    """
    client = _AssumedClient(spec, _MORE_USERS * spec.users if all_users_hold else spec.users / 2)
    for _ in Search(spec, client, client.enter, most_users).run():
        pass
    return client.phases


class _AssumedClient:
    """Assumes that limits in the middle of the range hold, and that the region is found one step below them."""

    def __init__(self, spec: SearchSpec, users: float) -> None:
        cpu, memory = len(spec.cpus) // 2, len(spec.memory_mib) // 2
        self.phases: list[PlannedPhase] = []
        self._minimum = Limits(spec.cpus[cpu], spec.memory_mib[memory])
        self._used = Holds(spec.cpus[max(0, cpu - 1)], spec.memory_mib[max(0, memory - 1)] * spec.slo.memory_share)
        self._users = users

    def enter(self, phase: Phase) -> None:
        self.phases.append(PlannedPhase(phase))

    def short_test(self, limits: Limits, users: int) -> Verdict:
        return self._verdict(TrialKind.SHORT, limits, users)

    def ramp(self, limits: Limits, users: int) -> Verdict:
        return self._verdict(TrialKind.RAMP, limits, users)

    def _verdict(self, kind: TrialKind, limits: Limits, users: int) -> Verdict:
        self.phases[-1].trials[kind] += 1
        if limits.memory_mib < self._minimum.memory_mib:
            return Fails(Criterion.MEMORY, 1, users, 1, 0)
        if users > self._users or limits.total_cpus < _SHARED_CPUS * self._minimum.cpus:
            return Fails(Criterion.P99, 1, users, 1, 0)
        return self._used
