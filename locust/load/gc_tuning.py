"""Python's garbage collector, kept from being measured.

Ten thousand users are half a million objects. A full collection looks at all of them, a tenth of a second or more in
which nobody sends or receives, and every few seconds that pause would stand in the report as the API's latency.
"""

from __future__ import annotations

import gc
from typing import Any, Final

_THRESHOLDS: Final = (100_000, 50, 1000)


def listen(events: Any) -> None:
    """Settle whenever all the users that were asked for are there.

    Args:
        events: Locust's.
    """
    events.spawning_complete.add_listener(settle)


def settle(**_: object) -> None:
    """Take everything that lives now, the users above all, out of the collector's sight, and let it look seldom."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
