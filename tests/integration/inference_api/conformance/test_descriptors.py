"""A service that runs out of file descriptors survives."""

import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from conversation import stays_open
from http_request import assert_predicts, plain
from service_facts import highest_descriptor
from service_process import Service
from wire import Client

SPARE, CONNECTIONS = 20, 120


@contextmanager
def few_descriptors(service: Service) -> Iterator[None]:
    """Leave the process a few descriptors more than it has open."""
    before = resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, (highest_descriptor(service) + SPARE, before[1]))
    try:
        yield
    finally:
        resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE, before)


def test_more_connections_than_descriptors(service: Service) -> None:
    """Those that it has are answered while others cannot be accepted; when they have left, it accepts again."""
    with Client(service.url) as early:
        early.send(plain(0))
        assert_predicts(early.answers(1)[0], 0)
        with few_descriptors(service), ExitStack() as others:
            for number in range(CONNECTIONS):
                others.enter_context(Client(service.url)).send(plain(number))
            for number in range(100):
                early.send(plain(number))
                assert_predicts(early.answers(1)[0], number)
        for _ in range(3):
            service.wait(_accepts, "accepting again")
        assert stays_open(early)


def _accepts(service: Service) -> bool:
    with Client(service.url) as client:
        return stays_open(client)
