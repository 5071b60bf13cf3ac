"""Connections without a request are closed after `KEEP_ALIVE_SECONDS`, here 1."""

from collections.abc import Callable
from time import sleep

import pytest
from request_pool import get
from service_facts import has_lane
from service_process import Service
from slow_requests import assert_nearest, nearest
from wire import Client, clients

LONGER_SECONDS = 2.5
UNFINISHED = (0, 1, 60, len(nearest(5)) - 1)


@pytest.mark.parametrize("request_", [nearest(3), get(b"/health")], ids=["row", "GET"])
def test_idle_connections_are_closed(request_: bytes, slow_service: Service) -> None:
    """After its answer a connection that stays silent is closed, in order and without a word."""
    with Client(slow_service.url) as client:
        client.send(request_)
        assert client.answers(1)[0].status == 200
        assert (client.end(), client.was_reset) == (b"", False)


def test_busy_connections_stay(slow_service: Service) -> None:
    """A connection that asks often enough is not closed, however old it is."""
    with Client(slow_service.url) as client:
        for number in range(10):
            client.send(nearest(number))
            assert_nearest(client.answers(1)[0], number)
            sleep(LONGER_SECONDS / 10)


def test_route_waits_for_a_first_request(slow_services: Callable[[str], Service]) -> None:
    """A connection that has sent nothing, or half a request, is waited for by the route: it is answered, or ended.

    uvicorn's timer starts with the first answer. The lane differs: it must not keep what a client never finishes.
    """
    with clients(slow_services("route").url, len(UNFINISHED)) as several:
        for client, place in zip(several, UNFINISHED, strict=True):
            client.send(nearest(5)[:place])
        sleep(LONGER_SECONDS)
        for client, place in zip(several, UNFINISHED, strict=True):
            client.send(nearest(5)[place:])
            answer = client.answer()
            if answer is not None:
                assert_nearest(answer, 5)


def test_lane_ends_what_is_never_finished(slow_services: Callable[[str], Service]) -> None:
    """A connection that has sent nothing, or half a request, is closed by the lane without a word."""
    service = slow_services("lane")
    if not has_lane(service):
        pytest.skip("this service has no fast lane")
    with clients(service.url, len(UNFINISHED)) as several:
        for client, place in zip(several, UNFINISHED, strict=True):
            client.send(nearest(5)[:place])
        for client in several:
            assert client.end() == b""
