"""Measures steps: the counters of the system under test, and the answers of its users."""

from __future__ import annotations

from typing import Final

from capacity.errors import CapacityError
from capacity.generator.interface import LoadGenerator
from capacity.measure.measurement_window import MeasurementWindow, ResourceCounters
from capacity.model.step import Step
from capacity.target.interface import Target

GRACE_SECONDS: Final = 0.7
"""Wait after a window until its answers are recorded: longer than a good answer and the recorder's writing take."""
SENDERS: Final = 2000
"""Senders of open-loop requests, and so the most requests that wait for an answer at once."""


class Sampler:
    """Measures the users of one load generator."""

    def __init__(self, target: Target, generator: LoadGenerator, route: str, senders: int | None = None) -> None:
        """Prepare.

        Args:
            target: The system under test.
            generator: The load generator.
            route: Route of its users: `gateway` or `direct`.
            senders: Number of senders that share all open-loop requests; None when each user sends its own.
        """
        self._target = target
        self._generator = generator
        self._clock = generator.clock
        self._route = route
        self._senders = senders
        self._exits_seen_until = 0.0

    def ignore_past_exits(self) -> None:
        """Count no exits before now: the limits were changed, which may have taken a restart."""
        self._exits_seen_until = self._clock.time()

    def senders(self, users: int) -> int:
        """Number of the generator's senders that send the requests of so many users."""
        return self._senders or users

    def window(self, seconds: float) -> MeasurementWindow:
        """Sample the counters for so many seconds."""
        try:
            counters = ResourceCounters(
                self._target.replica_counters(),
                self._target.gateway_counter() if self._route == "gateway" else None,
                self._generator.process.counter(),
            )
        except CapacityError:
            # A replica ended after the last measurement. It has no counters, and the step counts its exit.
            self._target.refresh()
            return MeasurementWindow.empty(self._clock)
        return MeasurementWindow.measure(counters, seconds, self._clock)

    def step(self, users: int, window: MeasurementWindow) -> Step:
        """The step of a window; call it when the last answers have been recorded."""
        present = self._generator.min_users(window.began, window.ended)
        # Under overload open-loop requests are answered late: those that were answered in the window count.
        responses = self._generator.responses(window.began, window.ended, answered=self._senders is not None)
        present = users if present == self.senders(users) else present
        # Exits between two measurements count as well.
        exits = self._target.ooms_and_exits(min(self._exits_seen_until or window.began, window.began), window.ended)
        self._exits_seen_until = window.ended
        return window.step(users, present, responses, exits)

    def all_run(self, users: int) -> bool:
        """Whether exactly the senders of so many users run now."""
        return self._generator.current_users() == self.senders(users)

    def recent_step(self, users: int, seconds: float) -> Step:
        """The answers of the last seconds, without counters."""
        ended = self._clock.time() - GRACE_SECONDS
        window = MeasurementWindow(ended - seconds, ended, ())
        return window.step(users, users, self._generator.responses(window.began, window.ended), (0, 0))

    def measure(self, users: int, seconds: float) -> Step:
        """Sample for so many seconds, wait for the last answers, and return the step."""
        window = self.window(seconds)
        self._clock.sleep(GRACE_SECONDS)
        return self.step(users, window)
