"""Fixtures of the serving tests."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.unit.inference_api.doubles import StubRegistry

# A wall time on a shared machine is no evidence.
settings.register_profile("unit", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("unit")


@pytest.fixture
def registry() -> Iterator[StubRegistry]:
    """A registry on a free port."""
    with StubRegistry().listening() as stub:
        yield stub


@pytest.fixture
def collector_as_found() -> Iterator[None]:
    """A loaded model tunes the process's garbage collector; this puts it back."""
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    yield
    gc.unfreeze()
    if frozen:
        gc.freeze()
    gc.set_threshold(*threshold)
