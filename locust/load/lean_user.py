"""The user for ten thousand users on one machine: a plain socket, for less CPU."""

from __future__ import annotations

import math
import random
import time

import gevent
from locust import between, task

from load import think_time
from load.sender import Sender


def residual_wait() -> float:
    """What remains, in seconds, of a wait that is met at a random moment.

    Users that begin with it send at their long-run rate from the first moment. If each sent its first request at once,
    the rate would oscillate for several waits. A random moment falls into a wait with a probability proportional to the
    length of the wait, and is uniform within it: https://en.wikipedia.org/wiki/Renewal_theory#The_inspection_paradox
    """
    least, most = think_time.MIN_SECONDS, think_time.MAX_SECONDS
    wait = math.sqrt(random.uniform(least**2, most**2))  # noqa: S311 - needs no cryptographic randomness
    return random.uniform(0, wait)  # noqa: S311 - as above


class LeanUser(Sender):
    """Does as the fast user does, for about half its CPU; no redirects, no cookies."""

    abstract = True
    wait_time = between(think_time.MIN_SECONDS, think_time.MAX_SECONDS)

    def on_start(self) -> None:
        """Begin in the middle of a wait."""
        gevent.sleep(residual_wait())

    @task
    def predict(self) -> None:
        """Request a prediction and report its outcome, under the same name as the fast user."""
        self.predict_once(time.perf_counter())
