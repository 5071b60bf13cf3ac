"""The search: the least CPU and memory that hold the users, or the most users that are held.

Holds find the neighbourhood, because limits can change while the users stay; whole staircases confirm it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Final, TypeGuard

from capacity.model.limits import Limits
from capacity.model.search_result import Headroom, Minimum, ReplicaResult, SearchResult
from capacity.model.spec import SearchSpec
from capacity.model.verdict import Criterion, Fails, Holds, Verdict
from capacity.search.bisection import guessed
from capacity.search.headroom import most_beyond
from capacity.search.max_users import most_users
from capacity.search.minimum import MinimumSearch
from capacity.search.progress import Phase
from capacity.search.replicas import ReplicaSearch
from capacity.search.verdict_cache import VerdictCache
from capacity.trial.client import TrialClient

_STEPS_OF_AIR: Final = 2


class Search:
    """Asks a probe until a question is answered; the same answers make it ask the same in the same order."""

    def __init__(
        self, question: SearchSpec, probe: TrialClient, enter: Callable[[Phase], None], most_users: int | None = None
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            question: What to answer.
            probe: Whom to ask.
            enter: Is told of each phase that begins, and of the replicas once for each number of them.
            most_users: How far to go beyond the users that were asked for; None for not at all.
        """
        self._question = question
        self._probe = probe
        self._inquiry = VerdictCache(question, probe)
        self._enter = enter
        self._most_users = most_users
        self._several: dict[Limits, tuple[ReplicaResult, ...]] = {}

    def run(self) -> Iterator[SearchResult]:
        """TrialSpec until there is an answer.

        A shared machine is faster in one minute than in another, and staircases that are climbed one after the other
        show no more than what their own minutes hold. So they are climbed as far apart as there is other work to do.

        Yields:
            The answer as far as it is known, whenever other questions may be asked before the next staircase; the last
            one is whole.
        """
        self._enter(Phase.TOP)
        top = self._inquiry.hold(self._question.top)
        if not isinstance(top, Holds):
            yield self._less(top)
            return
        search = MinimumSearch(self._inquiry, self._neighbourhood(top))
        self._enter(Phase.CONFIRM)
        minimum = search.run()
        headroom = self._headroom() if _is_decided(minimum) else None
        while _is_decided(minimum) and (left := self._question.confirmations - minimum.confirmations) > 0:
            yield SearchResult(minimum, self._compared(minimum.limits) if left == 1 else (), headroom=headroom)
            self._enter(Phase.AGAIN)
            minimum = search.run()
        if isinstance(minimum, Fails):
            yield self._less(minimum)
        else:
            yield SearchResult(
                minimum, self._compared(minimum.limits) if _is_decided(minimum) else (), headroom=headroom
            )

    def _headroom(self) -> Headroom | None:
        if self._most_users is None:
            return None
        self._enter(Phase.BEYOND)
        return most_beyond(self._question, self._probe, self._most_users)

    def _neighbourhood(self, top: Holds) -> tuple[int, int]:
        """The places of CPU and memory where holds begin to hold: near what was used of the most of both."""
        cpus, memory = self._question.cpus, self._question.memory_mib
        self._enter(Phase.CPU)
        cpu = self._lowest(
            [Limits(each, memory[-1]) for each in cpus], bisect_left(cpus, top.cores), self._inquiry.hold
        )
        self._enter(Phase.MEMORY)
        # Steps of air: a want of CPU must not look like a want of memory.
        air = cpus[min(cpu + _STEPS_OF_AIR, len(cpus) - 1)]
        return cpu, self._lowest(
            [Limits(air, each) for each in memory],
            bisect_left(memory, top.memory_mib / self._question.slo.memory_share),
            self._has_memory,
        )

    def _has_memory(self, limits: Limits) -> Verdict:
        """Like a hold, but slowness, which this edge of CPU may well show, says nothing against the memory."""
        verdict = self._inquiry.hold(limits)
        is_slow = isinstance(verdict, Fails) and verdict.criterion in {Criterion.RATE, Criterion.P99}
        return Holds() if is_slow else verdict

    def _compared(self, one: Limits) -> tuple[ReplicaResult, ...]:
        """Replicas beside one instance, anew only when it turned out to need more."""
        if one not in self._several:
            self._several[one] = tuple(self._each_number(one))
        return self._several[one]

    def _each_number(self, one: Limits) -> Iterator[ReplicaResult]:
        fewer = 0.0
        for replicas in self._question.replicas:
            self._enter(Phase.REPLICAS)
            found = ReplicaSearch(self._inquiry, one, replicas, fewer).run()
            fewer = found.limits.total_cpus if found.limits else fewer
            yield found

    def _lowest(self, limits: list[Limits], guess: int, ask: Callable[[Limits], Verdict]) -> int:
        return guessed(0, len(limits) - 1, guess, lambda index: ask(limits[index])).index

    def _less(self, verdict: Verdict) -> SearchResult:
        self._enter(Phase.USERS)
        return SearchResult(max_users=most_users(self._inquiry, verdict))


def _is_decided(minimum: Minimum | Fails) -> TypeGuard[Minimum]:
    return isinstance(minimum, Minimum) and minimum.undecided is None
