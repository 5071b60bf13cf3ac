"""Looks at what is measured and its users for some seconds, and says what there was."""

from __future__ import annotations

import time
from typing import Final

from capacity.errors import CapacityError
from capacity.generator.interface import LoadGenerator
from capacity.measure.measurement_window import MeasurementWindow, ResourceCounters
from capacity.model.step import Step
from capacity.target.interface import Target

GRACE_SECONDS: Final = 0.7
"""Answers are awaited so long after a window: longer than any good one takes, and than the recorder needs to write."""
POOL: Final = 2000
"""Senders of open arrivals: as many may wait for an answer at once."""


class Sampler:
    """Observes one crowd."""

    def __init__(self, subject: Target, crowd: LoadGenerator, via: str, pool: int | None = None) -> None:
        """Observe.

        Args:
            subject: What is measured.
            crowd: Its users.
            via: Where they go.
            pool: Senders that share the requests of all users when arrivals are open; None when each user sends.
        """
        self._subject = subject
        self._crowd = crowd
        self._via = via
        self._pool = pool
        self._seen_until = 0.0

    def begin(self) -> None:
        """Forget what ended before: limits were changed, perhaps by a restart."""
        self._seen_until = time.time()

    def senders(self, users: int) -> int:
        """Users of the generator that make the requests of so many people."""
        return self._pool or users

    def survey(self, seconds: float) -> MeasurementWindow:
        """Count for so long."""
        try:
            groups = ResourceCounters(
                self._subject.replica_counters(),
                self._subject.gateway_counter() if self._via == "gateway" else None,
                self._crowd.process.counter(),
            )
        except CapacityError:
            # A replica ended since the last look: there is nothing to count, and the step will say so.
            self._subject.refresh()
            return MeasurementWindow.empty()
        return MeasurementWindow.measure(groups, seconds)

    def step(self, users: int, survey: MeasurementWindow) -> Step:
        """What was counted, with what the users saw; to be called when their last answers have been written."""
        present = self._crowd.min_users(survey.began, survey.ended)
        # Open arrivals may be many more than are answered: what counts is then how many are.
        seen = self._crowd.responses(survey.began, survey.ended, answered=self._pool is not None)
        there = users if present == self.senders(users) else present
        # Also what ended between two measurements.
        ends = self._subject.ooms_and_exits(min(self._seen_until or survey.began, survey.began), survey.ended)
        self._seen_until = survey.ended
        return survey.step(users, there, seen, ends)

    def watch(self, users: int, seconds: float) -> Step:
        """Count for so long, await the last answers, and say what there was."""
        survey = self.survey(seconds)
        time.sleep(GRACE_SECONDS)
        return self.step(users, survey)
