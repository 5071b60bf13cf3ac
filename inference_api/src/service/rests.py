"""How long to wait for more requests before answering those that are there, learnt from how requests arrive.

One wake-up, one `epoll_wait` and one model call cost the same for one request as for a hundred. So a service under
many independent users gains by resting between two looks. A client that sends its next request only after an answer
gains nothing: while the service rests, it waits too. What tells them apart is seen inside a rest: requests of
independent users keep coming in its second half, those of waiting clients all come soon after they were answered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

SHORTEST_SECONDS: Final = 0.002
ENOUGH_PER_LOOK: Final = 32
"""Requests found by one look without a rest that already share its cost."""
FEW_PER_REST: Final = 4
JUDGED_REQUESTS: Final = 32
JUDGED_RESTS: Final = 6
EVERY: Final = 8
"""One rest in so many is looked into half way."""
STEADY: Final = 0.42
"""Share of the second half's rate from which a longer rest pays; a steady stream has 0.5."""
DRYING_UP: Final = 0.35
"""Share from which down the rest was much too long."""
CAREFUL: Final = 1.1
"""Growth after a rest turned out too long; before that it doubles."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Rest:
    """A wait before the next look.

    Attributes:
        seconds: Its length; 0 for none.
        halves: Whether to look half way too, without answering, so that the two halves can be compared.
    """

    seconds: float
    halves: bool = False


NO_REST: Final = Rest(0.0)


class Rests:
    """Chooses the next rest; knows nothing of sockets, so that recorded arrivals can be played to it."""

    def __init__(self, longest_seconds: float, clock: Callable[[], float] = monotonic) -> None:
        """Start without rests.

        Args:
            longest_seconds: The longest rest; 0 turns them off.
            clock: Seconds that only grow.
        """
        self.length = 0.0
        self._longest = longest_seconds
        self._clock = clock
        self._growth = 2.0
        self._pause = FIRST_PAUSE_SECONDS
        self._probe_at = 0.0
        self._since_halves = EVERY
        self._forget()

    def after(self, answered: int) -> Rest:
        """The rest that follows a look.

        Args:
            answered: Requests that the look answered, those of a rest before it included.
        """
        if not self._longest:
            return NO_REST
        if self.length:
            if answered < FEW_PER_REST / 2:
                self._give_up()
                return NO_REST
            self._since_halves += 1
            return Rest(self.length, halves=self._since_halves >= EVERY)
        if not answered or answered >= ENOUGH_PER_LOOK or self._clock() < self._probe_at:
            return NO_REST
        return Rest(min(SHORTEST_SECONDS, self._longest), halves=True)

    def judge(self, first: int, first_seconds: float, second: int, second_seconds: float) -> None:
        """Learn from a rest that was looked into half way.

        Args:
            first: Requests that came in its first half; not those that were there when it began.
            first_seconds: How long that really was: under a CPU quota the process may stand still.
            second: Requests that came in its second half.
            second_seconds: How long that took.
        """
        self._first += first
        self._first_seconds += first_seconds
        self._second += second
        self._second_seconds += second_seconds
        self._judged += 1
        total = self._first + self._second
        if total < FEW_PER_REST * self._judged / 2:
            self._give_up()
            return
        if total < JUDGED_REQUESTS and self._judged < JUDGED_RESTS:
            self._since_halves = EVERY  # more of them, before anything changes
            self.length = self.length or min(SHORTEST_SECONDS, self._longest)
            return
        rates = self._first / (self._first_seconds or 1e-9), self._second / (self._second_seconds or 1e-9)
        share = rates[1] / (sum(rates) or 1.0)
        few = total < FEW_PER_REST * self._judged
        self._forget()
        self._since_halves = 0
        if few or (share < DRYING_UP and self.length <= SHORTEST_SECONDS):
            self._give_up()
        elif share < STEADY:
            self._growth = CAREFUL
            self._change(max(self.length * (0.5 if share < DRYING_UP else 0.75), SHORTEST_SECONDS))
        else:
            self._pause = FIRST_PAUSE_SECONDS
            self._change(max(self.length * self._growth, SHORTEST_SECONDS))

    def _change(self, length: float) -> None:
        length = min(length, self._longest)
        if length != self.length:
            self._since_halves = EVERY
        self.length = length

    def _give_up(self) -> None:
        self.length = 0.0
        self._growth = 2.0
        self._forget()
        self._since_halves = EVERY
        self._probe_at = self._clock() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    def _forget(self) -> None:
        self._first = self._second = self._judged = 0
        self._first_seconds = self._second_seconds = 0.0
