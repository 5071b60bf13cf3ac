"""The settings of the garbage collector."""

import gc
from collections.abc import Iterator

import pytest
from locust.event import Events

from load import gc_tuning


@pytest.fixture
def restore_gc() -> Iterator[None]:
    """Restore the collector's settings after the test."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("restore_gc")
def test_users_are_excluded_from_collections() -> None:
    """Once all users have started, they are frozen, and full collections are rare."""
    events = Events()
    gc_tuning.listen(events)
    seen = gc.get_freeze_count()

    events.spawning_complete.fire(user_count=10_000)

    assert gc.get_freeze_count() > seen
    assert gc.get_threshold()[0] >= 100_000
    assert len(gc.get_objects()) < gc.get_freeze_count()
