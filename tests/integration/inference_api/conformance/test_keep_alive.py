"""Connections without a request are closed after `KEEP_ALIVE_SECONDS`, here 1."""

from collections.abc import Callable, Iterator
from time import sleep

import pytest
from http_request import assert_predicts, get, plain
from service_facts import has_lane
from service_process import Service
from wire import Client, clients

from tests.integration.inference_api.conformance.conftest import LANES, Start, unharmed

LONGER_SECONDS = 2.5
UNFINISHED = (0, 1, 60, len(plain(5)) - 1)


@pytest.fixture(scope="module")
def impatient(start: Start, sum_model: str) -> Callable[[str], Service]:
    """The service of each lane with the shortest idle time."""
    running = {lane: start(sum_model, **LANES[lane], KEEP_ALIVE_SECONDS="1") for lane in ("route", "lane")}
    return running.__getitem__


@pytest.fixture(params=["route", "lane"])
def either(request: pytest.FixtureRequest, impatient: Callable[[str], Service]) -> Iterator[Service]:
    """Each of them in turn."""
    yield from unharmed(impatient(request.param))


@pytest.mark.parametrize("request_", [plain(3), get(b"/health")], ids=["row", "GET"])
def test_idle_connections_are_closed(request_: bytes, either: Service) -> None:
    """After its answer a connection that stays silent is closed in order, and nothing is sent."""
    with Client(either.url) as client:
        client.send(request_)
        assert client.answers(1)[0].status == 200
        assert (client.end(), client.was_reset) == (b"", False)


def test_busy_connections_stay(either: Service) -> None:
    """A connection with frequent requests is not closed, however old it is."""
    with Client(either.url) as client:
        for number in range(20):
            client.send(plain(number))
            assert_predicts(client.answers(1)[0], number)
            sleep(LONGER_SECONDS / 20)


def test_route_waits_for_a_first_request(impatient: Callable[[str], Service]) -> None:
    """A connection that has sent nothing, or half a request, is waited for by the route: it is answered, or ended.

    uvicorn's timer starts with the first answer. The lane differs: it must not keep what a client never finishes.
    """
    with clients(impatient("route").url, len(UNFINISHED)) as several:
        for client, place in zip(several, UNFINISHED, strict=True):
            client.send(plain(5)[:place])
        sleep(LONGER_SECONDS)
        for client, place in zip(several, UNFINISHED, strict=True):
            client.send(plain(5)[place:])
            answer = client.answer()
            if answer is not None:
                assert_predicts(answer, 5)


def test_lane_ends_what_is_never_finished(impatient: Callable[[str], Service]) -> None:
    """A connection that has sent nothing, or half a request, is closed by the lane, and nothing is sent."""
    service = impatient("lane")
    if not has_lane(service):
        pytest.skip("this service has no fast lane")
    with clients(service.url, len(UNFINISHED)) as several:
        for client, place in zip(several, UNFINISHED, strict=True):
            client.send(plain(5)[:place])
        for client in several:
            assert client.end() == b""
