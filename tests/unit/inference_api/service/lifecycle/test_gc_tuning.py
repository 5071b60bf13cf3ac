"""What the process does with its memory once a model serves."""

import gc
import weakref

import pytest

from src.service.lifecycle.gc_tuning import freeze_gc


class Ring:
    """Refers to itself, so that only the collector can end it."""

    def __init__(self) -> None:
        """Close the ring."""
        self.ring = self


@pytest.mark.usefixtures("collector_as_found")
def test_settle_memory() -> None:
    """What lives for long is out of the collector's sight; of a replaced model nothing stays."""
    ring = Ring()
    gone = weakref.ref(ring)
    freeze_gc()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == (100_000, 50, 50)
    del ring
    gc.collect()
    assert gone() is not None
    freeze_gc()
    assert gone() is None
