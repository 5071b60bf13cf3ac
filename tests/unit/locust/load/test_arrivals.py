"""Requests that arrive by themselves."""

from __future__ import annotations

import time
from itertools import pairwise
from statistics import mean, stdev

import gevent
import pytest

from load.arrivals import Arrivals


def taken(arrivals: Arrivals, users: int, number: int, service: float = 0) -> list[float]:
    """What so many users take in turn, each busy for some seconds after every arrival."""
    times: list[float] = []

    def use() -> None:
        while len(times) < number:
            times.append(arrivals.take())
            gevent.sleep(service)

    # The loop's clock stands still while nothing runs in it: a timeout set by it now could be over at once.
    gevent.get_hub().loop.update_now()
    greenlets = [gevent.spawn(use) for _ in range(users)]
    try:
        gevent.joinall(greenlets, timeout=20)
    finally:
        gevent.killall(greenlets)
    return sorted(times[:number])


def test_arrivals_are_a_poisson_process() -> None:
    """Gaps have the mean of the rate, and scatter as much as their mean."""
    arrivals = Arrivals(1000, seed=5)
    arrivals.begin()

    times = taken(arrivals, users=50, number=1000)

    gaps = [after - before for before, after in pairwise(times)]
    assert mean(gaps) == pytest.approx(1 / 1000, rel=0.15)
    assert stdev(gaps) == pytest.approx(mean(gaps), rel=0.2)


def test_busy_users_do_not_slow_the_arrivals_down() -> None:
    """Due times go on as planned while nobody is free: what is sent late counts from then."""
    arrivals = Arrivals(1000, seed=5)
    arrivals.begin()
    began = time.perf_counter()

    times = taken(arrivals, users=2, number=100, service=0.01)

    assert time.perf_counter() - began > 0.4
    assert times[-1] - times[0] < 0.2


def test_nothing_arrives_before_all_are_there_or_after_the_end() -> None:
    """A ramp is no part of the process, and a second run begins anew."""
    arrivals = Arrivals(1e6)
    first = gevent.spawn(arrivals.take)
    gevent.sleep(0.05)
    assert not first.ready()

    arrivals.begin()
    assert first.get(timeout=5) > 0

    arrivals.stop()
    second = gevent.spawn(arrivals.take)
    gevent.sleep(0.05)
    assert not second.ready()
    now = time.perf_counter()
    arrivals.begin()
    assert second.get(timeout=5) >= now
