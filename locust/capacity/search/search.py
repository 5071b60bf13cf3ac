"""The search: the smallest CPU and memory that hold the users, or the most users that hold.

Short tests, for which limits change while the users keep running, find the region of the result; ramps confirm it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Final, TypeGuard

from capacity.model.criteria import Resource
from capacity.model.limits import Limits
from capacity.model.search_result import Headroom, Minimum, ReplicaResult, SearchResult
from capacity.model.spec import SearchSpec
from capacity.model.verdict import Fails, Holds, Verdict
from capacity.search.bisection import gallop_from
from capacity.search.headroom import find_headroom
from capacity.search.max_users import find_max_users
from capacity.search.minimum import MinimumSearch
from capacity.search.phase import Phase
from capacity.search.replicas import ReplicaSearch
from capacity.search.verdict_cache import VerdictCache
from capacity.trial.client import TrialClient

_CPU_MARGIN_STEPS: Final = 2
"""CPU above the smallest that holds, while memory is searched: a lack of CPU must not look like one of memory."""


class Search:
    """Requests trials until the result is known; equal verdicts lead to equal trials in the same order."""

    def __init__(
        self, spec: SearchSpec, client: TrialClient, enter: Callable[[Phase], None], most_users: int | None = None
    ) -> None:
        """Prepare; no trial is requested yet.

        Args:
            spec: What to search.
            client: Makes the trials.
            enter: Called with each phase that begins; with that of the replicas once for each number of them.
            most_users: The largest number of users to try beyond those of the specification; None for none.
        """
        self._spec = spec
        self._client = client
        self._cache = VerdictCache(spec, client)
        self._enter = enter
        self._most_users = most_users
        self._replica_results: dict[Limits, tuple[ReplicaResult, ...]] = {}

    def run(self) -> Iterator[SearchResult]:
        """Request trials until the result is known.

        The speed of a shared machine changes from minute to minute, and ramps directly one after the other would be
        made at the same speed. So other work is done between the ramps that confirm a result.

        Yields:
            The result so far, before each further ramp, so that the caller may do other work; the last one is complete.
        """
        self._enter(Phase.TOP)
        top = self._cache.short_test(self._spec.top)
        if not isinstance(top, Holds):
            yield self._fewer_users(top)
            return
        search = MinimumSearch(self._cache, self._region(top))
        self._enter(Phase.CONFIRM)
        minimum = search.run()
        headroom = self._headroom() if _is_decided(minimum) else None
        while _is_decided(minimum) and (left := self._spec.confirmations - minimum.confirmations) > 0:
            yield SearchResult(minimum, self._replicas(minimum.limits) if left == 1 else (), headroom=headroom)
            self._enter(Phase.AGAIN)
            minimum = search.run()
        if isinstance(minimum, Fails):
            yield self._fewer_users(minimum)
        else:
            replica_results = self._replicas(minimum.limits) if _is_decided(minimum) else ()
            yield SearchResult(minimum, replica_results, headroom=headroom)

    def _headroom(self) -> Headroom | None:
        if self._most_users is None:
            return None
        self._enter(Phase.BEYOND)
        return find_headroom(self._spec, self._client, self._most_users)

    def _region(self, top: Holds) -> tuple[int, int]:
        """The indexes of the smallest CPU and memory that hold short tests, searched from what the top used."""
        cpus, memory = self._spec.cpus, self._spec.memory_mib
        self._enter(Phase.CPU)
        cpu = self._lowest(
            [Limits(each, memory[-1]) for each in cpus], bisect_left(cpus, top.cores), self._cache.short_test
        )
        self._enter(Phase.MEMORY)
        margin = cpus[min(cpu + _CPU_MARGIN_STEPS, len(cpus) - 1)]
        return cpu, self._lowest(
            [Limits(margin, each) for each in memory],
            bisect_left(memory, top.memory_mib / self._spec.slo.memory_share),
            self._memory_verdict,
        )

    def _memory_verdict(self, limits: Limits) -> Verdict:
        """The verdict of a short test; slowness, which so little CPU may cause, does not count against the memory."""
        verdict = self._cache.short_test(limits)
        is_slow = isinstance(verdict, Fails) and verdict.resource is Resource.SPEED
        return Holds() if is_slow else verdict

    def _replicas(self, one: Limits) -> tuple[ReplicaResult, ...]:
        """Replicas compared with one instance; repeated only when the instance turned out to need more."""
        if one not in self._replica_results:
            self._replica_results[one] = tuple(self._each_number(one))
        return self._replica_results[one]

    def _each_number(self, one: Limits) -> Iterator[ReplicaResult]:
        hint = 0.0
        for replicas in self._spec.replicas:
            self._enter(Phase.REPLICAS)
            result = ReplicaSearch(self._cache, one, replicas, hint).run()
            hint = result.limits.total_cpus if result.limits else hint
            yield result

    def _lowest(self, limits: list[Limits], guess: int, verdict_of: Callable[[Limits], Verdict]) -> int:
        return gallop_from(guess, 0, len(limits) - 1, lambda index: verdict_of(limits[index])).index

    def _fewer_users(self, verdict: Verdict) -> SearchResult:
        self._enter(Phase.USERS)
        return SearchResult(max_users=find_max_users(self._cache, verdict))


def _is_decided(minimum: Minimum | Fails) -> TypeGuard[Minimum]:
    return isinstance(minimum, Minimum) and minimum.undecided is None
