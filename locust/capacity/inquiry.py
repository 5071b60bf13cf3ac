"""An inquiry: the questions that a search puts to its probe, and what it remembers of the answers."""

from __future__ import annotations

from collections import Counter

from capacity.bisection import decided
from capacity.limits import Limits
from capacity.probe import Probe
from capacity.question import Question
from capacity.verdict import Holds, Verdict


class Inquiry:
    """Limits hold when whole staircases held so many times, and fail when anything failed; none are tried twice."""

    def __init__(self, question: Question, probe: Probe) -> None:
        """Begin without knowledge."""
        self.question = question
        self._probe = probe
        self._held: Counter[tuple[Limits, int]] = Counter()
        self._ended: dict[tuple[Limits, int], Verdict] = {}

    def hold(self, limits: Limits, users: int | None = None) -> Verdict:
        """Whether these users, or all, are held for a moment."""
        return decided(lambda: self._probe.descend(limits, users or self.question.users))

    def glance(self, limits: Limits, users: int | None = None) -> Verdict:
        """Like a hold, but what does not hold is remembered: it is neither asked nor settled again."""
        key = limits, users or self.question.users
        if key not in self._ended:
            self._end(key, self.hold(*key))
        return self._ended.get(key, Holds())

    def settle(self, limits: Limits, users: int | None = None, times: int | None = None) -> Verdict:
        """Climb with these users, or all, until it held so many times, or as often as asked for, or once did not."""
        key = limits, users or self.question.users
        if key not in self._held:
            # What stands on the edge falls within some short holds, and costs no staircase.
            for _ in range(self.question.confirmations - 1):
                self.glance(*key)
        while key not in self._ended and self._held[key] < (times or self.question.confirmations):
            verdict = decided(lambda: self._probe.confirm(*key))
            self._held[key] += isinstance(verdict, Holds)
            self._end(key, verdict)
        return self._ended.get(key, Holds())

    def _end(self, key: tuple[Limits, int], verdict: Verdict) -> None:
        if not isinstance(verdict, Holds):
            self._ended[key] = verdict

    def confirmations(self, limits: Limits, users: int | None = None) -> int:
        """How many staircases held."""
        return self._held[limits, users or self.question.users]
