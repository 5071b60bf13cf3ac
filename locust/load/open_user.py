"""The user for open-loop load: sends when a request is due, not when its previous request is answered."""

from __future__ import annotations

import time
from typing import ClassVar, Final

from locust import constant, task

from load.arrivals import Arrivals
from load.failure import NOT_SENT
from load.sender import Sender

MAX_DELAY_SECONDS: Final = 2.0
"""A request that is due for longer than this fails unsent; else, after an overload, only its backlog is measured."""


class OpenUser(Sender):
    """One connection of a pool that sends the arrivals; at most one request per user waits for its answer."""

    abstract = True
    wait_time = constant(0)
    arrivals: ClassVar[Arrivals]

    @task
    def predict(self) -> None:
        """Request a prediction when one is due; its latency counts from then, and one that is too late fails."""
        due = self.arrivals.take()
        now = time.perf_counter()
        if now - due > MAX_DELAY_SECONDS:
            self.report(due, now, NOT_SENT)
        else:
            self.predict_once(due)
