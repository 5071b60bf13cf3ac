"""The verdicts of a search: requests trials, and remembers their results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from capacity.model.criteria import Resource
from capacity.model.limits import Limits
from capacity.model.search_result import Neighbour
from capacity.model.spec import SearchSpec
from capacity.model.verdict import Fails, Holds, Verdict
from capacity.search.bisection import retry_invalid
from capacity.trial.client import TrialClient


class VerdictCache:
    """Limits are confirmed when enough ramps hold, and rejected by the first trial that does not hold."""

    def __init__(self, spec: SearchSpec, client: TrialClient) -> None:
        """Start without verdicts."""
        self.spec = spec
        self._client = client
        self._ramps_held: Counter[tuple[Limits, int]] = Counter()
        self._rejected: dict[tuple[Limits, int], Neighbour] = {}
        self._short_of_memory: list[Neighbour] = []

    def short_test(self, limits: Limits, users: int | None = None) -> Verdict:
        """The verdict of a short test with these users, by default all; it is always made."""
        return self._request(self._client.short_test, limits, users or self.spec.users).verdict

    def cached_short_test(self, limits: Limits, users: int | None = None) -> Verdict:
        """The same, but limits that were rejected are not tested again."""
        return self.neighbour(limits, users).verdict

    def neighbour(self, limits: Limits, users: int | None = None) -> Neighbour:
        """The same with the limits of the test: these, or larger ones that were short of memory already.

        The memory that is needed does not depend on the speed, so that it is not tested again with less CPU.
        """
        key = limits, users or self.spec.users
        if key not in self._rejected:
            larger = (each for each in self._short_of_memory if each.users <= key[1] and each.limits.covers(limits))
            self._remember(key, next(larger, None) or self._request(self._client.short_test, *key))
        return self._known(key)

    def confirm(self, limits: Limits, users: int | None = None, times: int | None = None) -> Verdict:
        """Make ramps until so many have held, by default as many as wanted, or one has not."""
        key = limits, users or self.spec.users
        if key not in self._ramps_held:
            # Limits that only just hold fail one of several short tests, which take less time than a ramp.
            for _ in range(self.spec.confirmations - 1):
                self.cached_short_test(*key)
        while key not in self._rejected and self._ramps_held[key] < (times or self.spec.confirmations):
            result = self._request(self._client.ramp, *key)
            self._ramps_held[key] += isinstance(result.verdict, Holds)
            self._remember(key, result)
        return self._known(key).verdict

    def confirmations(self, limits: Limits, users: int | None = None) -> int:
        """Number of ramps that held."""
        return self._ramps_held[limits, users or self.spec.users]

    def _request(self, trial: Callable[[Limits, int], Verdict], limits: Limits, users: int) -> Neighbour:
        result = Neighbour(limits, users, retry_invalid(lambda: trial(limits, users)))
        if isinstance(result.verdict, Fails) and result.verdict.resource is Resource.MEMORY:
            self._short_of_memory.append(result)
        return result

    def _known(self, key: tuple[Limits, int]) -> Neighbour:
        """What rejected these limits; that they hold when nothing has."""
        return self._rejected.get(key, Neighbour(*key, Holds()))

    def _remember(self, key: tuple[Limits, int], result: Neighbour) -> None:
        if not isinstance(result.verdict, Holds):
            self._rejected[key] = result
