"""The user for an open load: sends when a request is due, not when it is done with the one before."""

from __future__ import annotations

import time
from typing import ClassVar, Final

from locust import constant, task

from load.arrivals import Arrivals
from load.failure import NOT_SENT
from load.sender import Sender

PATIENCE_SECONDS: Final = 2.0
"""Who was not served for so long has left: without that, a queue of the past would be all that is ever measured."""


class OpenUser(Sender):
    """One connection of a pool on which arrivals are sent; as many users as connections may wait at once."""

    abstract = True
    wait_time = constant(0)
    arrivals: ClassVar[Arrivals]

    @task
    def predict(self) -> None:
        """Ask for a prediction when one is due, its latency counts from then; what is due for too long has failed."""
        due = self.arrivals.take()
        now = time.perf_counter()
        if now - due > PATIENCE_SECONDS:
            self.report(due, now, NOT_SENT)
        else:
            self.ask(due)
