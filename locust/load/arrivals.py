"""Open-loop arrivals: requests are sent whether or not earlier ones were answered, as those of many people are."""

from __future__ import annotations

import random
import time

import gevent
from gevent.event import Event


class Arrivals:
    """A Poisson process that the users of one Locust process share: each takes the next arrival and sends it when due.

    A user that waits for an answer takes no arrival meanwhile; the others do. When all users wait, arrivals are sent
    late, and their latency counts from when they were due. So no wait is omitted, see Gil Tene's "coordinated omission"
    (https://github.com/giltene/wrk2#acknowledgements).
    """

    def __init__(self, rate: float, seed: int | None = None) -> None:
        """Plan `rate` arrivals per second, starting when `begin` is called; `rate` may be changed at any time."""
        self.rate = rate
        self._random = random.Random(seed)  # noqa: S311 - arrivals are no secret
        self._begun = Event()
        self._next = 0.0

    def begin(self, *_: object, **__: object) -> None:
        """Start the arrivals; Locust calls this when all users have started."""
        if not self._begun.is_set():
            self._next = time.perf_counter()
            self._begun.set()

    def stop(self, *_: object, **__: object) -> None:
        """Stop the arrivals until the next run begins."""
        self._begun.clear()

    def take(self) -> float:
        """Wait until the next arrival is due; returns when it is or was due, as a time of `perf_counter`."""
        self._begun.wait()
        self._next += self._random.expovariate(self.rate)
        due = self._next
        gevent.sleep(max(0.0, due - time.perf_counter()))
        return due
