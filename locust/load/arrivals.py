"""Requests that arrive whether or not earlier ones were answered, as those of many people do."""

from __future__ import annotations

import random
import time

import gevent
from gevent.event import Event


class Arrivals:
    """A Poisson process that the users of one process share: each takes the next arrival and sends at its time.

    A user who waits for an answer takes no arrival meanwhile, the others do. When all of them wait, arrivals fall due
    with nobody to send them; they are taken late, and their latency counts from when they were due. Nothing is omitted,
    see Gil Tene's "coordinated omission" (https://github.com/giltene/wrk2#acknowledgements).
    """

    def __init__(self, rate: float, seed: int | None = None) -> None:
        """Plan so many arrivals a second, from the moment that `begin` is called; `rate` may change meanwhile."""
        self.rate = rate
        self._random = random.Random(seed)  # noqa: S311 - arrivals are no secret
        self._begun = Event()
        self._next = 0.0

    def begin(self, *_: object, **__: object) -> None:
        """Let the first arrival come; Locust calls this when all users are there."""
        if not self._begun.is_set():
            self._next = time.perf_counter()
            self._begun.set()

    def stop(self, *_: object, **__: object) -> None:
        """Plan nothing more until the next run begins."""
        self._begun.clear()

    def take(self) -> float:
        """Wait until the next arrival that nobody has taken is due; returns when it is or was, as `perf_counter`."""
        self._begun.wait()
        self._next += self._random.expovariate(self.rate)
        due = self._next
        gevent.sleep(max(0.0, due - time.perf_counter()))
        return due
