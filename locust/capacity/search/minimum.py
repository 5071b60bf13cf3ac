"""The least CPU and memory of one instance, confirmed from the neighbourhood that holds have found."""

from __future__ import annotations

from capacity.model.limits import Limits
from capacity.model.search_result import Minimum, Neighbour
from capacity.model.verdict import MEMORY_CRITERIA, Fails, Holds, Invalid, Verdict
from capacity.search.bisection import galloping
from capacity.search.verdict_cache import VerdictCache

Place = tuple[int, int]
"""Where in the lists of CPU and of memory."""


class MinimumSearch:
    """Up where it fails, down where one staircase holds; others are climbed where no way leads down."""

    def __init__(self, inquiry: VerdictCache, place: Place) -> None:
        """Prepare the values to try, from this place on."""
        self._inquiry = inquiry
        self._cpus = inquiry.question.cpus
        self._memory = inquiry.question.memory_mib
        self._place = place
        self._above: list[Place] = []

    def run(self) -> Minimum | Fails:
        """Climb one more staircase where it is; from there, if it has to, go to the least that holds one.

        Returns:
            The minimum as far as it is confirmed, one that could not be decided, or what fails with the most of both.
        """
        began = self._limits(self._place)
        while True:
            limits = self._limits(self._place)
            times = self._inquiry.confirmations(limits) + 1 if limits == began else 1
            # The other staircases wait until they are not climbed in vain.
            verdict = self._inquiry.settle(limits, times=1)
            if isinstance(verdict, Holds):
                if (lower := self._lower(self._place)) is not None:
                    self._above.append(self._place)
                    self._place = lower
                    continue
                verdict = self._inquiry.settle(limits, times=times)
            if isinstance(verdict, Holds):
                cpus, memory = (self._neighbour(self._place, axis) for axis in (0, 1))
                return Minimum(limits, self._inquiry.confirmations(limits), cpus, memory)
            if self._above:
                # What fails in the end is no way down; less of one kind never takes more of the other.
                self._place = self._above.pop()
            elif isinstance(verdict, Invalid):
                return Minimum(limits, self._inquiry.confirmations(limits), undecided=verdict)
            elif (more := self._more(self._place, verdict)) is not None:
                self._place = more
            else:
                return verdict

    def _limits(self, place: Place) -> Limits:
        return Limits(self._cpus[place[0]], self._memory[place[1]])

    def _more(self, place: Place, fails: Fails) -> Place | None:
        """One step up in what was short, else in the other; None at the top of both."""
        cpu, memory = place
        steps = [(cpu + 1, memory), (cpu, memory + 1)]
        if fails.criterion in MEMORY_CRITERIA:
            steps.reverse()
        inside = (step for step in steps if step[0] < len(self._cpus) and step[1] < len(self._memory))
        return next(inside, None)

    def _lower(self, place: Place) -> Place | None:
        """The lowest place along an axis that holds a staircase; None where both neighbours do not."""
        for axis in (0, 1):
            for index in range(self._edge(place, axis), place[axis]):
                lower = _moved(place, axis, index)
                if isinstance(self._inquiry.settle(self._limits(lower), times=1), Holds):
                    return lower
        return None

    def _edge(self, place: Place, axis: int) -> int:
        """Where it begins to hold for a moment: what does not holds no staircase, and is shown in seconds."""

        def ask(index: int) -> Verdict:
            return self._inquiry.glance(self._limits(_moved(place, axis, index)))

        return galloping(0, place[axis], ask).index

    def _neighbour(self, place: Place, axis: int) -> Neighbour | None:
        if place[axis] == 0:
            return None
        return self._inquiry.neighbour(self._limits(_moved(place, axis, place[axis] - 1)))


def _moved(place: Place, axis: int, index: int) -> Place:
    return (index, place[1]) if axis == 0 else (place[0], index)
