"""The user for one-machine runs at ten thousand users: a plain socket and nothing else."""

from __future__ import annotations

import math
import random
import time

import gevent
from locust import between, task

from load.sender import Sender

_LEAST_WAIT, _MOST_WAIT = 1, 2.5


def rest_of_a_wait() -> float:
    """How long somebody still waits who is met at a random moment of waiting, in seconds.

    With it the users ask at their rate from the first moment on. All of them asking as they come would be a wave that
    takes several waits to settle. The wait that one falls into is longer than most (a wait of l seconds as often as l
    says), and every moment of it is as likely: https://en.wikipedia.org/wiki/Renewal_theory#The_inspection_paradox
    """
    wait = math.sqrt(random.uniform(_LEAST_WAIT**2, _MOST_WAIT**2))  # noqa: S311 - a wait is no secret
    return random.uniform(0, wait)  # noqa: S311 - as above


class LeanUser(Sender):
    """Predicts, waits 1 to 2.5 seconds, and again, for about half the CPU of the fast user; no TLS, no redirects."""

    abstract = True
    wait_time = between(_LEAST_WAIT, _MOST_WAIT)

    def on_start(self) -> None:
        """Come in the middle of a wait."""
        gevent.sleep(rest_of_a_wait())

    @task
    def predict(self) -> None:
        """Ask for a prediction and report what came of it, under the same name as the fast user."""
        self.ask(time.perf_counter())
