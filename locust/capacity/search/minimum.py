"""The smallest CPU and memory of one instance, confirmed by ramps."""

from __future__ import annotations

from capacity.model.criteria import Resource
from capacity.model.limits import Limits
from capacity.model.search_result import Minimum, Neighbour
from capacity.model.verdict import Fails, Holds, Invalid, Verdict
from capacity.search.bisection import gallop_down
from capacity.search.verdict_cache import VerdictCache

Point = tuple[int, int]
"""Indexes in the lists of CPU and memory limits."""
_CPU, _MEMORY = 0, 1


class MinimumSearch:
    """Goes to larger limits when a ramp fails, and to smaller ones as long as a ramp holds with them.

    Only limits without smaller ones that hold get the other ramps of the confirmation.
    """

    def __init__(self, cache: VerdictCache, start: Point) -> None:
        """Prepare a search that starts with these limits."""
        self._cache = cache
        self._cpus = cache.spec.cpus
        self._memory = cache.spec.memory_mib
        self._point = start
        self._held: list[Point] = []

    def run(self) -> Minimum | Fails:
        """Make one more ramp with the current limits; if it fails, go to the smallest that hold one.

        Returns:
            The minimum with its confirmations so far, or that could not be decided; the failure of the largest limits.
        """
        start = self._limits(self._point)
        while True:
            limits = self._limits(self._point)
            times = self._cache.confirmations(limits) + 1 if limits == start else 1
            # Further ramps are only made when no smaller limits hold.
            verdict = self._cache.confirm(limits, times=1)
            if isinstance(verdict, Holds):
                if (smaller := self._smaller(self._point)) is not None:
                    self._held.append(self._point)
                    self._point = smaller
                    continue
                verdict = self._cache.confirm(limits, times=times)
            if isinstance(verdict, Holds):
                return self._minimum(limits)
            if self._held:
                # Go back to the last limits that held, so that less of one resource never takes more of the other.
                self._point = self._held.pop()
            elif isinstance(verdict, Invalid):
                return Minimum(limits, self._cache.confirmations(limits), undecided=verdict)
            elif (larger := self._larger(self._point, verdict)) is not None:
                self._point = larger
            else:
                return verdict

    def _minimum(self, limits: Limits) -> Minimum:
        return Minimum(
            limits,
            self._cache.confirmations(limits),
            self._neighbour(self._point, _CPU),
            self._neighbour(self._point, _MEMORY),
            cpus_is_upper_bound=self._point[_CPU] == 0,
            memory_is_upper_bound=self._point[_MEMORY] == 0,
        )

    def _limits(self, point: Point) -> Limits:
        return Limits(self._cpus[point[_CPU]], self._memory[point[_MEMORY]])

    def _larger(self, point: Point, fails: Fails) -> Point | None:
        """One step up in the resource that was short, else in the other; None when both are at their largest."""
        cpu, memory = point
        points = [(cpu + 1, memory), (cpu, memory + 1)]
        if fails.resource is Resource.MEMORY:
            points.reverse()
        inside = (each for each in points if each[_CPU] < len(self._cpus) and each[_MEMORY] < len(self._memory))
        return next(inside, None)

    def _smaller(self, point: Point) -> Point | None:
        """The smallest limits, with less of one resource, that hold a ramp; None when there are none."""
        for axis in (_CPU, _MEMORY):
            for index in range(self._lowest(point, axis), point[axis]):
                smaller = _moved(point, axis, index)
                if isinstance(self._cache.confirm(self._limits(smaller), times=1), Holds):
                    return smaller
        return None

    def _lowest(self, point: Point, axis: int) -> int:
        """The lowest index that holds a short test: limits below it need no ramp."""

        def verdict_of(index: int) -> Verdict:
            return self._cache.cached_short_test(self._limits(_moved(point, axis, index)))

        return gallop_down(0, point[axis], verdict_of).index

    def _neighbour(self, point: Point, axis: int) -> Neighbour | None:
        if point[axis] == 0:
            return None
        return self._cache.neighbour(self._limits(_moved(point, axis, point[axis] - 1)))


def _moved(point: Point, axis: int, index: int) -> Point:
    return (index, point[_MEMORY]) if axis == _CPU else (point[_CPU], index)
