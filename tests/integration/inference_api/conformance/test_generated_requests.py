"""Generated requests over raw sockets: odd heads, bodies, framings and endings, on several connections at once."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from every_column import DATATYPES, row_of
from fuzzing.client import Door
from fuzzing.plans import Plans
from fuzzing.run import ask_known, requests_wanted, seed, send_requests
from protocol_bodies import ProtocolBodies
from service_facts import memory_mib, open_descriptors
from service_process import Service

from tests.integration.inference_api.conformance.conftest import COLUMNS, unharmed

REQUESTS: Final = 10_000
# The first thousands of requests fill caches and the allocator's arenas, up to 18 MiB; 250,000 added 6 MiB to that.
GROWTH_MIB: Final = 32


@pytest.fixture(params=["route", "lane"])
def target(request: pytest.FixtureRequest, classifier_services: Callable[[str], Service]) -> Iterator[Service]:
    """The classifier's service of the route and of the lane in turn."""
    yield from unharmed(classifier_services(request.param))


@pytest.mark.timeout(0)  # FUZZ_REQUESTS may be a million
def test_generated_requests(target: Service) -> None:
    """No response is a fault or invalid HTTP, valid requests have their exact responses, and each connection ends.

    Afterwards the service has as much memory and as many descriptors as before.
    """
    host, _, port = target.url.removeprefix("http://").partition(":")
    door, model = Door(host, int(port)), ProtocolBodies(COLUMNS, row_of(2), DATATYPES)
    plans = Plans(model, ask_known(door, model), seed())
    before = open_descriptors(target)
    summary = asyncio.run(send_requests(door, plans, requests_wanted(REQUESTS) // 2, lambda: memory_mib(target)))
    assert not summary.failures, "\n".join(summary.failures)
    assert summary.memory[-1] - summary.memory[0] < GROWTH_MIB, summary.memory
    target.wait(lambda service: open_descriptors(service) <= before, "all connections closed")
