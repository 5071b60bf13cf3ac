"""The garbage collector of a load test."""

import gc
from collections.abc import Iterator

import pytest
from locust.event import Events

from load import gc_tuning


@pytest.fixture
def as_found() -> Iterator[None]:
    """Put the collector of the tests back."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("as_found")
def test_the_users_are_out_of_its_sight() -> None:
    """Once all users are there, a full collection has nothing of them to look at, and comes seldom."""
    events = Events()
    gc_tuning.listen(events)
    seen = gc.get_freeze_count()

    events.spawning_complete.fire(user_count=10_000)

    assert gc.get_freeze_count() > seen
    assert gc.get_threshold()[0] >= 100_000
    assert len(gc.get_objects()) < gc.get_freeze_count()
