"""Tuning of the garbage collector for serving."""

import gc
import weakref

import pytest

from src.service.lifecycle.gc_tuning import freeze_gc


class Ring:
    """Refers to itself, so that only the garbage collector can free it."""

    def __init__(self) -> None:
        """Create the reference cycle."""
        self.ring = self


@pytest.mark.usefixtures("collector_as_found")
def test_freeze_gc() -> None:
    """Long-lived objects are excluded from garbage collection; a replaced model is freed."""
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
