"""An inquiry: the questions that a search puts to its probe, and what it remembers of the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from capacity.model.limits import Limits
from capacity.model.search_result import Neighbour
from capacity.model.spec import SearchSpec
from capacity.model.verdict import MEMORY_CRITERIA, Fails, Holds, Verdict
from capacity.search.bisection import decided
from capacity.trial.client import TrialClient


class VerdictCache:
    """Limits hold when whole staircases held so many times, and fail when anything failed; none are tried twice."""

    def __init__(self, question: SearchSpec, probe: TrialClient) -> None:
        """Begin without knowledge."""
        self.question = question
        self._probe = probe
        self._held: Counter[tuple[Limits, int]] = Counter()
        self._ended: dict[tuple[Limits, int], Neighbour] = {}
        self._filled: list[Neighbour] = []

    def hold(self, limits: Limits, users: int | None = None) -> Verdict:
        """Whether these users, or all, are held for a moment."""
        return self._shown(self._probe.descend, limits, users or self.question.users).verdict

    def glance(self, limits: Limits, users: int | None = None) -> Verdict:
        """Like a hold, but what does not hold is remembered: it is neither asked nor settled again."""
        return self.neighbour(limits, users).verdict

    def neighbour(self, limits: Limits, users: int | None = None) -> Neighbour:
        """A glance, with what it was at: these limits, or more CPU beside which their memory was filled already.

        How full the memory gets does not follow the pace of the machine, so it is not asked again with less CPU.
        """
        key = limits, users or self.question.users
        if key not in self._ended:
            filled = (each for each in self._filled if each.users <= key[1] and each.limits.covers(limits))
            self._end(key, next(filled, None) or self._shown(self._probe.descend, *key))
        return self._known(key)

    def settle(self, limits: Limits, users: int | None = None, times: int | None = None) -> Verdict:
        """Climb with these users, or all, until it held so many times, or as often as asked for, or once did not."""
        key = limits, users or self.question.users
        if key not in self._held:
            # What stands on the edge falls within some short holds, and costs no staircase.
            for _ in range(self.question.confirmations - 1):
                self.glance(*key)
        while key not in self._ended and self._held[key] < (times or self.question.confirmations):
            shown = self._shown(self._probe.confirm, *key)
            self._held[key] += isinstance(shown.verdict, Holds)
            self._end(key, shown)
        return self._known(key).verdict

    def confirmations(self, limits: Limits, users: int | None = None) -> int:
        """How many staircases held."""
        return self._held[limits, users or self.question.users]

    def _shown(self, ask: Callable[[Limits, int], Verdict], limits: Limits, users: int) -> Neighbour:
        shown = Neighbour(limits, users, decided(lambda: ask(limits, users)))
        if isinstance(shown.verdict, Fails) and shown.verdict.criterion in MEMORY_CRITERIA:
            self._filled.append(shown)
        return shown

    def _known(self, key: tuple[Limits, int]) -> Neighbour:
        """What ended these limits; that they hold, as far as is known, where nothing did."""
        return self._ended.get(key, Neighbour(*key, Holds()))

    def _end(self, key: tuple[Limits, int], shown: Neighbour) -> None:
        if not isinstance(shown.verdict, Holds):
            self._ended[key] = shown
