"""What happened between two looks."""

import pytest

from benchmarks.users.cgroup import Counters
from benchmarks.users.trial import Window


def test_a_window_is_the_difference_of_its_ends() -> None:
    """Over all replicas; of memory the last sum and the highest one."""
    first = [Counters(10.0, 100, 50, 5), Counters(20.0, 100, 50, 0)]
    between = [Counters(11.0, 900, 60, 5), Counters(21.0, 50, 60, 0)]
    last = [Counters(12.0, 200, 70, 8), Counters(23.0, 150, 70, 1)]

    window = Window.between([first, between, last], seconds=10)

    assert window.cores == pytest.approx(0.5)
    assert (window.memory, window.peak) == (350, 950)
    assert (window.throttled, window.periods) == (4, 40)
