"""An inquiry: the questions that a search puts to its probe, and what it remembers of the answers."""

from __future__ import annotations

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
        self._held: dict[tuple[Limits, int], int] = {}
        self._ended: dict[tuple[Limits, int], Verdict] = {}

    def hold(self, limits: Limits, users: int | None = None) -> Verdict:
        """Whether these users, or all, are held for a moment."""
        return decided(lambda: self._probe.descend(limits, users or self.question.users))

    def settle(self, limits: Limits, users: int | None = None, times: int | None = None) -> Verdict:
        """Climb with these users, or all, until it held so many times, or as often as asked for, or once did not."""
        wanted = times or self.question.confirmations
        key = limits, users or self.question.users
        if key not in self._ended and key not in self._held:
            self._shake(*key, times=wanted - 1)
        while key not in self._ended and self._held.get(key, 0) < wanted:
            verdict = decided(lambda: self._probe.confirm(*key))
            if isinstance(verdict, Holds):
                self._held[key] = self._held.get(key, 0) + 1
            else:
                self._ended[key] = verdict
        return self._ended.get(key, Holds())

    def _shake(self, limits: Limits, users: int, times: int) -> None:
        """What stands on the edge falls within some short holds, and costs no staircase."""
        for _ in range(times):
            verdict = self.hold(limits, users)
            if not isinstance(verdict, Holds):
                self._ended[limits, users] = verdict
                return

    def ended(self, limits: Limits) -> bool:
        """Whether a trial to confirm these limits did not hold, or could not be decided."""
        return (limits, self.question.users) in self._ended

    def confirmations(self, limits: Limits, users: int | None = None) -> int:
        """How many staircases held."""
        return self._held.get((limits, users or self.question.users), 0)
