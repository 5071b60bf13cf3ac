"""Several replicas beside one: the same cores shared out, then fewer, or more if that does not hold."""

from __future__ import annotations

from capacity.model.limits import Limits
from capacity.model.search_result import Neighbour, ReplicaResult
from capacity.model.spec import LEAST_QUOTA
from capacity.model.verdict import MEMORY_CRITERIA, Criterion, Fails, Holds, Invalid, Verdict
from capacity.search.bisection import galloping
from capacity.search.verdict_cache import VerdictCache


class ReplicaSearch:
    """Compares a number of replicas with one instance; each gets its memory."""

    def __init__(self, inquiry: VerdictCache, one: Limits, replicas: int, fewer: float = 0) -> None:
        """Prepare the totals to try.

        Args:
            inquiry: Where to ask.
            one: What one instance needs.
            replicas: How many to compare with it.
            fewer: Cores that fewer replicas needed in all: a good place to look, where the same is too little.
        """
        self._inquiry = inquiry
        self._one = one
        self._replicas = replicas
        self._fewer = fewer
        self._totals = [total for total in inquiry.question.cpus if total >= replicas * LEAST_QUOTA]

    def run(self) -> ReplicaResult:
        """TrialSpec until there is an answer."""
        place = max(0, sum(total <= self._one.total_cpus for total in self._totals) - 1)
        equal = self._limits(place)
        shown = self._neighbour(equal, self._inquiry.glance(equal))
        match shown.verdict:
            case Holds():
                edge = galloping(0, place, lambda index: self._inquiry.glance(self._limits(index)))
                return self._confirmed(shown, edge.index, edge.below)
            case Fails(criterion=criterion) if criterion not in MEMORY_CRITERIA:
                return self._upwards(shown, place + 1)
            case _:
                return ReplicaResult(self._replicas, shown)

    def _upwards(self, equal: Neighbour, first: int) -> ReplicaResult:
        below = equal.verdict
        while first < len(self._totals):
            index = self._promising(first, below)
            verdict = self._inquiry.glance(self._limits(index))
            if isinstance(verdict, Holds):
                edge = galloping(first, index, lambda each: self._inquiry.glance(self._limits(each)))
                return self._confirmed(equal, edge.index, edge.below or below)
            below, first = verdict, index + 1
        return ReplicaResult(self._replicas, equal)

    def _promising(self, first: int, below: Verdict) -> int:
        """The first place, from this one up, that could answer what is due when the one below it answers so much."""
        wanted = self._fewer
        if isinstance(below, Fails) and below.criterion is Criterion.RATE and below.seen:
            wanted = max(wanted, self._totals[first - 1] * below.allowed / below.seen)
        enough = (index for index in range(first, len(self._totals)) if self._totals[index] >= wanted)
        return next(enough, len(self._totals) - 1)

    def _confirmed(self, equal: Neighbour, first: int, below: Verdict | None) -> ReplicaResult:
        """One more hold confirms; after a failure the next larger is tried, also where it is the same as one needs."""
        for index in range(first, len(self._totals)):
            limits = self._limits(index)
            verdict = self._inquiry.glance(limits)
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

    def _limits(self, index: int) -> Limits:
        return Limits.shared(self._totals[index], self._one.memory_mib, self._replicas)

    def _neighbour(self, limits: Limits, verdict: Verdict) -> Neighbour:
        return Neighbour(limits, self._inquiry.question.users, verdict)
