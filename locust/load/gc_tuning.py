"""Keeps pauses of Python's garbage collector out of the measured latencies.

Ten thousand users are half a million objects. A full collection visits all of them: for a tenth of a second or more no
user sends or receives, and every few seconds this pause would be counted as latency of the API.
"""

from __future__ import annotations

import gc
from typing import Any, Final

_THRESHOLDS: Final = (100_000, 50, 1000)


def listen(events: Any) -> None:
    """Call `freeze_gc` whenever all users have started.

    Args:
        events: Locust's events.
    """
    events.spawning_complete.add_listener(freeze_gc)


def freeze_gc(**_: object) -> None:
    """Exclude all present objects, among them the users, from collection, and make collections rare."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
