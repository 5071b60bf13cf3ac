"""The machine's speed: what the same piece of work costs from moment to moment.

A shared machine changes its clock, and a neighbour on the other thread of a core takes part of it, without a word in
`/proc/stat`. The CPU that a quota buys changes with it, and so does the least that holds.
"""

from __future__ import annotations

import time
from typing import Final

_TURNS: Final = 5000


def work_ms() -> float:
    """CPU milliseconds that it takes now; what interrupts it does not count, what slows it down does."""
    began = time.thread_time()
    total = 0
    for number in range(_TURNS):
        total += number * number % 7
    return (time.thread_time() - began) * 1000
