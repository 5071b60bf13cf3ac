"""The user for an open load: sends when a request is due, not when it is done with the one before."""

from __future__ import annotations

from typing import ClassVar

from locust import constant, task

from arrivals import Arrivals
from lean_user import LeanUser


class OpenUser(LeanUser):
    """One connection of a pool on which arrivals are sent; as many users as connections may wait at once."""

    abstract = True
    wait_time = constant(0)
    arrivals: ClassVar[Arrivals]

    def on_start(self) -> None:
        """Be there at once."""

    @task
    def predict(self) -> None:
        """Ask for a prediction when one is due; its latency counts from then."""
        self.ask(self.arrivals.take())
