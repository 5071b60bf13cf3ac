"""Open-loop arrivals."""

from __future__ import annotations

import time
from itertools import pairwise
from statistics import mean, stdev

import gevent
import pytest

from load.arrivals import Arrivals


def take_arrivals(arrivals: Arrivals, users: int, number: int, service: float = 0) -> list[float]:
    """Due times of the arrivals that some users take, each busy for `service` seconds after each."""
    times: list[float] = []

    def take() -> None:
        while len(times) < number:
            times.append(arrivals.take())
            gevent.sleep(service)

    # The loop's clock is not updated while nothing runs in it: without this, the timeout could be over at once.
    gevent.get_hub().loop.update_now()
    greenlets = [gevent.spawn(take) for _ in range(users)]
    try:
        gevent.joinall(greenlets, timeout=20)
    finally:
        gevent.killall(greenlets)
    return sorted(times[:number])


def test_arrivals_are_a_poisson_process() -> None:
    """The gaps have the mean of the rate, and a standard deviation equal to their mean."""
    arrivals = Arrivals(5000, seed=5)
    arrivals.begin()

    times = take_arrivals(arrivals, users=50, number=1000)

    gaps = [after - before for before, after in pairwise(times)]
    assert mean(gaps) == pytest.approx(1 / 5000, rel=0.15)
    assert stdev(gaps) == pytest.approx(mean(gaps), rel=0.2)


def test_busy_users_do_not_slow_the_arrivals_down() -> None:
    """Due times do not move while all users are busy: latency counts from them."""
    arrivals = Arrivals(5000, seed=5)
    arrivals.begin()
    began = time.perf_counter()

    times = take_arrivals(arrivals, users=2, number=100, service=0.002)

    assert time.perf_counter() - began > 0.08
    assert times[-1] - times[0] < 0.04


def test_no_arrivals_before_begin_or_after_stop() -> None:
    """There are none while the users start, and a second run starts its own."""
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
