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
ENOUGH_PER_PROBE: Final = 48
"""Requests that a first rest should bring if they are of independent users: enough to tell them from waiting ones."""
LONGEST_PROBE_SECONDS: Final = 0.01
JUDGED_REQUESTS: Final = 32
JUDGED_RESTS: Final = 6
QUIET_RESTS: Final = 3
"""Rests in a row that may bring nothing: a crowd's own machine stops for some milliseconds now and then."""
BAD_RESTS: Final = 2
"""Rests that must bring too little together before they get shorter, for the same reason."""
DOUBTFUL_RESTS: Final = 6
"""Rests that must look wrong together, unless they look hopeless: a crowd's machine sends in bursts."""
HOPELESS: Final = 0.2
"""Share from which down first rests are hopeless."""
EVERY: Final = 8
"""One rest in so many is looked into half way."""
STEADY: Final = 0.42
"""Share of the second half's rate from which a longer rest pays; a steady stream has 0.5."""
DRYING_UP: Final = 0.35
"""Share from which down the rest was much too long."""
LATE: Final = 0.65
"""Share from which on the requests are those of waiting clients again: their own pause ends in the second half."""
BOLD: Final = 2.0
"""Growth of a rest as long as none was too long."""
CAREFUL: Final = 1.1
"""Growth after one was; from there it gets bolder again each time."""
CAREFUL_SECONDS: Final = 0.25
"""Time without growth after that."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 1.0
LASTING_SECONDS: Final = 0.5
"""Rests that paid for so long were right, so that the next pause is a short one again."""


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


class BatchingDelay:
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
        self._growth = BOLD
        self._pause = FIRST_PAUSE_SECONDS
        self._probe_at = self._grow_at = 0.0
        self._is_proven = False
        self._answered, self._counted_from = 0, clock()
        self._quiet = 0
        self._first = self._second = self._judged = 0
        self._first_seconds = self._second_seconds = 0.0
        self._since_halves = EVERY

    def after(self, answered: int) -> Rest:
        """The rest that follows a look.

        Args:
            answered: Requests that the look answered, those of a rest before it included.
        """
        if not self._longest:
            return NO_REST
        if self.length:
            if answered < FEW_PER_REST / 2:
                self._quiet += 1
                if self._quiet > QUIET_RESTS:
                    self._give_up()
                return NO_REST
            self._quiet = 0
            self._since_halves += 1
            return Rest(self.length, halves=self._since_halves >= EVERY)
        self._answered += answered
        if not answered or answered >= ENOUGH_PER_LOOK or self._clock() < self._probe_at:
            return NO_REST
        return self._probe()

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
        if total < JUDGED_REQUESTS and self._judged < JUDGED_RESTS:
            self._look_closer()
            return
        few = total < FEW_PER_REST * self._judged
        rates = self._first / (self._first_seconds or 1e-9), self._second / (self._second_seconds or 1e-9)
        share = 0.0 if few else rates[1] / (sum(rates) or 1.0)
        if STEADY <= share <= LATE:
            self._steady()
        elif self._wants_more(share, few=few):
            self._look_closer()
        elif few or share > LATE or not self._is_proven or (share < DRYING_UP and self.length <= SHORTEST_SECONDS):
            self._give_up()
        else:
            self._shorten(0.5 if share < DRYING_UP else 0.75)

    def _wants_more(self, share: float, *, few: bool) -> bool:
        """Whether what looks wrong has to look wrong for longer."""
        if few or (share < HOPELESS and not self._is_proven):
            return self.length > SHORTEST_SECONDS and self._judged < BAD_RESTS
        return self._judged < DOUBTFUL_RESTS

    def _steady(self) -> None:
        self._is_proven = True
        self._forget()
        if self._clock() >= self._counted_from + LASTING_SECONDS:
            self._pause = FIRST_PAUSE_SECONDS
        if self._clock() >= self._grow_at:
            self._change(max(self.length * self._growth, SHORTEST_SECONDS))
            self._growth = min(self._growth * CAREFUL, BOLD)

    def _shorten(self, factor: float) -> None:
        self._forget()
        if self.length > SHORTEST_SECONDS:
            self._growth = CAREFUL
            self._grow_at = self._clock() + CAREFUL_SECONDS
        self._change(max(self.length * factor, SHORTEST_SECONDS))

    def _probe(self) -> Rest:
        """A first rest: as long as independent users need for enough requests, at the rate they came without rests."""
        rate = self._answered / max(self._clock() - self._counted_from, 1e-9)
        self._count_anew()
        if rate * LONGEST_PROBE_SECONDS < FEW_PER_REST:
            self._probe_at = self._clock() + self._pause
            return NO_REST
        wanted = min(max(ENOUGH_PER_PROBE / rate, SHORTEST_SECONDS), LONGEST_PROBE_SECONDS)
        self.length = min(wanted, self._longest)
        self._is_proven = False
        return Rest(self.length, halves=True)

    def _count_anew(self) -> None:
        self._answered, self._counted_from = 0, self._clock()

    def _look_closer(self) -> None:
        """Look into the next rest too, before anything changes."""
        self._since_halves = EVERY

    def _change(self, length: float) -> None:
        length = min(length, self._longest)
        if length != self.length:
            self._since_halves = EVERY
        self.length = length

    def _give_up(self) -> None:
        self.length = 0.0
        self._growth = BOLD
        self._forget()
        self._since_halves = EVERY
        self._count_anew()
        self._probe_at = self._clock() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    def _forget(self) -> None:
        self._quiet = 0
        self._since_halves = 0
        self._first = self._second = self._judged = 0
        self._first_seconds = self._second_seconds = 0.0
