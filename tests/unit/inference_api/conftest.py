"""Fixtures of the serving tests."""

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
