"""How long to wait for more requests before those that are there are answered, learnt from how requests arrive.

One wake-up, one `epoll_wait` and one model call cost the same for one request as for a hundred. So a service under
many independent users gains by a delay between two polls. A client that sends its next request only after a response
gains nothing: during the delay it waits too. The two are told apart inside a delay: requests of independent users keep
coming in its second half, those of waiting clients all come soon after they were answered.

The delay is in one of three phases. OFF: there is none; from time to time one is tried. TRIAL: the first delays, not
shown to pay yet. ON: it was shown to pay; it grows while it does, and shrinks or ends when it does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from time import monotonic
from typing import Final

SHORTEST_SECONDS: Final = 0.002
ENOUGH_PER_POLL: Final = 32
"""Requests found by one poll without a delay that already share its cost."""
FEW_PER_DELAY: Final = 4
ENOUGH_PER_TRIAL: Final = 48
"""Requests that a first delay should bring if they are of independent users: enough to tell them from waiting ones."""
LONGEST_TRIAL_SECONDS: Final = 0.01
MEASURED_REQUESTS: Final = 32
MEASURED_DELAYS: Final = 6
EMPTY_DELAYS: Final = 3
"""Delays in a row that may bring nothing: the load generator's machine stops for some milliseconds now and then."""
POOR_DELAYS: Final = 2
"""Delays that must bring too little together before they get shorter, for the same reason."""
DOUBTFUL_DELAYS: Final = 6
"""Delays that must look wrong together, unless they look hopeless: a busy client machine sends in bursts."""
HOPELESS: Final = 0.2
"""Share from which down a trial is hopeless."""
MEASURED_EVERY: Final = 8
"""One delay in so many is measured."""
STEADY: Final = 0.42
"""Share of the second half's rate from which a longer delay pays; a steady stream has 0.5."""
DRYING_UP: Final = 0.35
"""Share from which down the delay was much too long."""
LATE: Final = 0.65
"""Share from which on the requests are those of waiting clients again: their own pause ends in the second half."""
FAST_GROWTH: Final = 2.0
"""Growth factor of the delay until it is shortened for the first time."""
SLOW_GROWTH: Final = 1.1
"""Growth factor after that; it is multiplied by itself at each growth, up to the fast one."""
NO_GROWTH_SECONDS: Final = 0.25
"""Time without growth after the delay was shortened."""
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 1.0
LASTING_SECONDS: Final = 0.5
"""Delays that paid for so long were right, so that the next pause between trials is a short one again."""


@dataclass(frozen=True, slots=True)
class Delay:
    """A wait before the next poll.

    Attributes:
        seconds: Its length; 0 for none.
        is_measured: Whether to read, without answering, in the middle too, so that its halves can be compared.
    """

    seconds: float
    is_measured: bool = False


NO_DELAY: Final = Delay(0.0)


class Phase(Enum):
    """What is known of the delay."""

    OFF = auto()
    TRIAL = auto()
    ON = auto()


@dataclass(slots=True)
class _Halves:
    """Requests in the two halves of the delays that were measured together."""

    first: int = 0
    first_seconds: float = 0.0
    second: int = 0
    second_seconds: float = 0.0
    delays: int = 0

    def add(self, first: int, first_seconds: float, second: int, second_seconds: float) -> None:
        self.first += first
        self.first_seconds += first_seconds
        self.second += second
        self.second_seconds += second_seconds
        self.delays += 1

    @property
    def requests(self) -> int:
        return self.first + self.second

    @property
    def are_few(self) -> bool:
        return self.requests < FEW_PER_DELAY * self.delays

    @property
    def are_enough(self) -> bool:
        return self.requests >= MEASURED_REQUESTS or self.delays >= MEASURED_DELAYS

    @property
    def late_share(self) -> float:
        """The second half's part of both rates: 0.5 for a steady stream; 0 when there are few requests."""
        if self.are_few:
            return 0.0
        rates = self.first / (self.first_seconds or 1e-9), self.second / (self.second_seconds or 1e-9)
        return rates[1] / (sum(rates) or 1.0)


@dataclass(slots=True)
class _Trials:
    """When a delay is tried: after a pause that doubles with each trial that was in vain."""

    next_at: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS

    def put_off(self, now: float) -> None:
        self.next_at = now + self.pause

    def was_in_vain(self, now: float) -> None:
        self.put_off(now)
        self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)


@dataclass(slots=True)
class _Growth:
    """How fast the delay may grow."""

    factor: float = FAST_GROWTH
    next_at: float = 0.0

    def slow_down(self, now: float) -> None:
        self.factor, self.next_at = SLOW_GROWTH, now + NO_GROWTH_SECONDS

    def speed_up(self) -> None:
        self.factor = min(self.factor * SLOW_GROWTH, FAST_GROWTH)


class BatchingDelay:
    """Chooses the next delay; knows nothing of sockets, so that recorded arrivals can be played to it.

    Attributes:
        seconds: The delay of the moment; 0 while it is off.
    """

    def __init__(self, longest_seconds: float, clock: Callable[[], float] = monotonic) -> None:
        """Start without delays.

        Args:
            longest_seconds: The longest delay; 0 turns them off.
            clock: Seconds that only grow.
        """
        self.seconds = 0.0
        self._longest = longest_seconds
        self._clock = clock
        self._phase = Phase.OFF
        self._halves = _Halves()
        self._trials = _Trials()
        self._growth = _Growth()
        self._answered, self._counted_from = 0, clock()
        self._empty = 0
        self._until_measured = 0

    def after(self, answered: int) -> Delay:
        """The delay that follows a poll.

        Args:
            answered: Requests that the poll answered, those of a delay before it included.
        """
        if not self._longest:
            return NO_DELAY
        return self._without_delay(answered) if self._phase is Phase.OFF else self._with_delay(answered)

    def measured(self, first: int, first_seconds: float, second: int, second_seconds: float) -> None:
        """Learn from a delay in whose middle was read.

        Args:
            first: Requests that came in its first half; not those that were there when it began.
            first_seconds: How long that really was: under a CPU quota the process may stand still.
            second: Requests that came in its second half.
            second_seconds: How long that took.
        """
        halves = self._halves
        halves.add(first, first_seconds, second, second_seconds)
        if not halves.are_enough:
            self._measure_next()
            return
        share = halves.late_share
        if STEADY <= share <= LATE:
            self._pays()
        elif self._is_doubtful(share):
            self._measure_next()
        elif self._is_in_vain(share):
            self._turn_off()
        else:
            self._shorten(0.5 if share < DRYING_UP else 0.75)

    def _without_delay(self, answered: int) -> Delay:
        self._answered += answered
        if not answered or answered >= ENOUGH_PER_POLL or self._clock() < self._trials.next_at:
            return NO_DELAY
        return self._try()

    def _with_delay(self, answered: int) -> Delay:
        if answered < FEW_PER_DELAY / 2:
            self._empty += 1
            if self._empty > EMPTY_DELAYS:
                self._turn_off()
            return NO_DELAY
        self._empty = 0
        self._until_measured -= 1
        return Delay(self.seconds, is_measured=self._until_measured <= 0)

    def _try(self) -> Delay:
        """A first delay: as long as independent users need for enough requests, at the rate they came without one."""
        now = self._clock()
        rate = self._answered / max(now - self._counted_from, 1e-9)
        self._answered, self._counted_from = 0, now
        if rate * LONGEST_TRIAL_SECONDS < FEW_PER_DELAY:
            self._trials.put_off(now)
            return NO_DELAY
        wanted = min(max(ENOUGH_PER_TRIAL / rate, SHORTEST_SECONDS), LONGEST_TRIAL_SECONDS)
        self.seconds = min(wanted, self._longest)
        self._phase = Phase.TRIAL
        return Delay(self.seconds, is_measured=True)

    def _is_doubtful(self, share: float) -> bool:
        """Whether what looks wrong has to look wrong in more delays."""
        if self._halves.are_few or (share < HOPELESS and self._phase is Phase.TRIAL):
            return self.seconds > SHORTEST_SECONDS and self._halves.delays < POOR_DELAYS
        return self._halves.delays < DOUBTFUL_DELAYS

    def _is_in_vain(self, share: float) -> bool:
        too_short = share < DRYING_UP and self.seconds <= SHORTEST_SECONDS
        return self._halves.are_few or share > LATE or self._phase is Phase.TRIAL or too_short

    def _pays(self) -> None:
        now = self._clock()
        self._phase = Phase.ON
        self._forget()
        if now >= self._counted_from + LASTING_SECONDS:
            self._trials.pause = FIRST_PAUSE_SECONDS
        if now >= self._growth.next_at:
            self._change(max(self.seconds * self._growth.factor, SHORTEST_SECONDS))
            self._growth.speed_up()

    def _shorten(self, factor: float) -> None:
        self._forget()
        if self.seconds > SHORTEST_SECONDS:
            self._growth.slow_down(self._clock())
        self._change(max(self.seconds * factor, SHORTEST_SECONDS))

    def _turn_off(self) -> None:
        now = self._clock()
        self.seconds = 0.0
        self._phase = Phase.OFF
        self._growth.factor = FAST_GROWTH
        self._forget()
        self._measure_next()
        self._answered, self._counted_from = 0, now
        self._trials.was_in_vain(now)

    def _change(self, seconds: float) -> None:
        seconds = min(seconds, self._longest)
        if seconds != self.seconds:
            self._measure_next()
        self.seconds = seconds

    def _measure_next(self) -> None:
        self._until_measured = 0

    def _forget(self) -> None:
        self._empty = 0
        self._until_measured = MEASURED_EVERY
        self._halves = _Halves()
