"""How fast the machine is."""

from __future__ import annotations

import sys
import threading
import time
from statistics import median

import pytest

from capacity.gauge import work_ms


def test_only_its_own_time_counts() -> None:
    """Who waits for the interpreter meanwhile is not slowed down by the machine."""
    alone = median(work_ms() for _ in range(30))
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            sum(range(1000))

    switched = sys.getswitchinterval()
    # Several turns of the others in each piece of work.
    sys.setswitchinterval(1e-4)
    others = [threading.Thread(target=spin) for _ in range(3)]
    for thread in others:
        thread.start()
    try:
        began = time.perf_counter()
        among = median(work_ms() for _ in range(30))
        waited = (time.perf_counter() - began) * 1000
    finally:
        sys.setswitchinterval(switched)
        stop.set()
        for thread in others:
            thread.join()
    assert waited > 30 * 1.5 * among
    assert among == pytest.approx(alone, rel=1)
