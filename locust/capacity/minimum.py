"""The least CPU and memory of one instance, confirmed from the neighbourhood that holds have found."""

from __future__ import annotations

from typing import Final

from capacity.answer import Minimum, Neighbour
from capacity.bisection import galloping
from capacity.inquiry import Inquiry
from capacity.limits import Limits
from capacity.verdict import Criterion, Fails, Holds, Invalid

MEMORY_CRITERIA: Final = frozenset({Criterion.OOM, Criterion.DEATH})
"""Failures that more CPU does not mend."""


class MinimumSearch:
    """One step up after each failure until it holds, then down for as long as that holds too."""

    def __init__(self, inquiry: Inquiry) -> None:
        """Prepare the values to try."""
        self._inquiry = inquiry
        self._cpus = inquiry.question.cpus
        self._memory = inquiry.question.memory_mib

    def confirmed(self, cpu: int, memory: int) -> tuple[int, int] | Minimum | Fails:
        """Climb from this place in both lists to one that holds; a minimum that could not be decided, or a failure."""
        while True:
            limits = self._limits(cpu, memory)
            match self._inquiry.settle(limits):
                case Holds():
                    return cpu, memory
                case Invalid() as invalid:
                    return Minimum(limits, self._inquiry.confirmations(limits), undecided=invalid)
                case Fails() as fails:
                    more = self._more(cpu, memory, fails)
                    if more is None:
                        return fails
                    cpu, memory = more

    def least(self, cpu: int, memory: int) -> Minimum:
        """Go down from a place that holds until both neighbours do not."""
        place = cpu, memory
        while True:
            neighbours: list[Neighbour | None] = []
            for axis in (0, 1):
                neighbour = self._neighbour(place, axis)
                if neighbour is not None and isinstance(neighbour.verdict, Holds):
                    # What could not be confirmed is remembered, and is no way down when this is tried again.
                    place = self._lower(place, axis)
                    break
                neighbours.append(neighbour)
            else:
                limits = self._limits(*place)
                cpus, memories = neighbours
                return Minimum(limits, self._inquiry.confirmations(limits), cpus, memories)

    def _limits(self, cpu: int, memory: int) -> Limits:
        return Limits(self._cpus[cpu], self._memory[memory])

    def _more(self, cpu: int, memory: int, fails: Fails) -> tuple[int, int] | None:
        """One step up in what was short, else in the other; None at the top of both."""
        steps = [(cpu + 1, memory), (cpu, memory + 1)]
        if fails.criterion in MEMORY_CRITERIA:
            steps.reverse()
        inside = (step for step in steps if step[0] < len(self._cpus) and step[1] < len(self._memory))
        return next(inside, None)

    def _neighbour(self, place: tuple[int, int], axis: int) -> Neighbour | None:
        if place[axis] == 0:
            return None
        limits = self._limits(*_moved(place, axis, place[axis] - 1))
        # All users are there after a staircase, and what does not hold them for a moment holds no staircase either. One
        # staircase that holds is reason enough to go on from there; all of them are climbed then.
        verdict = self._inquiry.hold(limits)
        if isinstance(verdict, Holds):
            verdict = self._inquiry.settle(limits, times=1)
        return Neighbour(limits, self._inquiry.question.users, verdict)

    def _lower(self, place: tuple[int, int], axis: int) -> tuple[int, int]:
        """The lowest confirmed place along an axis; the other one never grows, or less of both would never be found."""
        for index in range(self._further(place, axis)[axis], place[axis]):
            lower = _moved(place, axis, index)
            if isinstance(self._inquiry.settle(self._limits(*lower)), Holds):
                return lower
        return place

    def _further(self, place: tuple[int, int], axis: int) -> tuple[int, int]:
        """The lowest place along an axis that holds for a moment, when the next one has held already."""
        highest = lowest = place[axis] - 1
        while lowest > 0 and not self._inquiry.ended(self._limits(*_moved(place, axis, lowest - 1))):
            lowest -= 1
        edge = galloping(lowest, highest, lambda index: self._inquiry.hold(self._limits(*_moved(place, axis, index))))
        return _moved(place, axis, edge.index)


def _moved(place: tuple[int, int], axis: int, index: int) -> tuple[int, int]:
    return (index, place[1]) if axis == 0 else (place[0], index)
