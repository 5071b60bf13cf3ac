"""Compares several replicas with one instance: with the same CPU in total, then with less, or more if it fails."""

from __future__ import annotations

from capacity.model.criteria import Criterion, Resource
from capacity.model.limits import Limits
from capacity.model.search_result import Neighbour, ReplicaResult
from capacity.model.spec import MIN_CPUS
from capacity.model.verdict import Fails, Holds, Invalid, Verdict
from capacity.search.bisection import gallop_down
from capacity.search.verdict_cache import VerdictCache


class ReplicaSearch:
    """Searches the smallest CPU of a number of replicas; each has the memory of the one instance."""

    def __init__(self, cache: VerdictCache, one: Limits, replicas: int, hint: float = 0) -> None:
        """Prepare the CPU totals to try.

        Args:
            cache: Returns the verdicts.
            one: What one instance needs.
            replicas: Number of replicas.
            hint: CPU total that fewer replicas needed: more replicas probably need at least as much.
        """
        self._cache = cache
        self._one = one
        self._replicas = replicas
        self._hint = hint
        self._totals = [total for total in cache.spec.cpus if total >= replicas * MIN_CPUS]

    def run(self) -> ReplicaResult:
        """Search."""
        index = max(0, sum(total <= self._one.total_cpus for total in self._totals) - 1)
        limits = self._limits(index)
        equal = self._neighbour(limits, self._cache.cached_short_test(limits))
        match equal.verdict:
            case Holds():
                edge = gallop_down(0, index, self._verdict_of)
                return self._confirmed(equal, edge.index, edge.below)
            case Fails(resource=resource) if resource is not Resource.MEMORY:
                return self._search_up(equal, index + 1)
            case _:
                return ReplicaResult(self._replicas, equal)

    def _search_up(self, equal: Neighbour, first: int) -> ReplicaResult:
        below = equal.verdict
        while first < len(self._totals):
            index = self._promising(first, below)
            verdict = self._verdict_of(index)
            if isinstance(verdict, Holds):
                edge = gallop_down(first, index, self._verdict_of)
                return self._confirmed(equal, edge.index, edge.below or below)
            below, first = verdict, index + 1
        return ReplicaResult(self._replicas, equal)

    def _promising(self, first: int, below: Verdict) -> int:
        """The first index, from this one up, whose CPU suffices for the rate if the rate is proportional to CPU."""
        wanted = self._hint
        if isinstance(below, Fails) and below.criterion is Criterion.RATE and below.seen:
            wanted = max(wanted, self._totals[first - 1] * below.allowed / below.seen)
        enough = (index for index in range(first, len(self._totals)) if self._totals[index] >= wanted)
        return next(enough, len(self._totals) - 1)

    def _confirmed(self, equal: Neighbour, first: int, below: Verdict | None) -> ReplicaResult:
        """The first total, from this one up, that holds a second short test."""
        for index in range(first, len(self._totals)):
            limits = self._limits(index)
            verdict = self._cache.cached_short_test(limits)
            if not isinstance(verdict, Fails):
                return ReplicaResult(
                    self._replicas,
                    equal,
                    limits,
                    int(isinstance(verdict, Holds)),
                    None if below is None else self._neighbour(self._limits(index - 1), below),
                    verdict if isinstance(verdict, Invalid) else None,
                )
            below = verdict
            if limits == equal.limits:
                equal = self._neighbour(limits, verdict)
        return ReplicaResult(self._replicas, equal)

    def _verdict_of(self, index: int) -> Verdict:
        return self._cache.cached_short_test(self._limits(index))

    def _limits(self, index: int) -> Limits:
        return Limits.shared(self._totals[index], self._one.memory_mib, self._replicas)

    def _neighbour(self, limits: Limits, verdict: Verdict) -> Neighbour:
        return Neighbour(limits, self._cache.spec.users, verdict)
