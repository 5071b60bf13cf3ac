"""Clients that reset their connections do not disturb other clients."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from http_request import LARGEST_BODY, assert_predicts, chunked, get, plain, post
from service_facts import open_descriptors
from service_process import Service
from sum_rows import row
from wire import Client

CLIENTS = 40
MOMENTS = {
    "before any byte": b"",
    "in the head": plain(1)[:40],
    "in the body": plain(1)[:-3],
    "before the answer": plain(1),
    "in a pipeline": plain(1) * 300,
    "in a large body": post(b" " * LARGEST_BODY)[:100_000],
    "in chunks": chunked(row(1), 5)[:-8],
    "before the application's answer": get(b"/model"),
}


@pytest.mark.parametrize("wait", [False, True], ids=["at once", "after an answer"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_others_are_served(moment: str, *, wait: bool, service: Service) -> None:
    """Whenever clients reset their connections, a client beside them gets each of its answers."""
    left = Event()

    def ask() -> int:
        number = 0
        with Client(service.url) as witness:
            while not left.is_set() or number < 20:
                witness.send(plain(number))
                assert_predicts(witness.answers(1)[0], number)
                number += 1
        return number

    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask)
        for number in range(CLIENTS):
            client = Client(service.url)
            if wait:
                client.send(plain(number))
                assert_predicts(client.answers(1)[0], number)
            client.send(MOMENTS[moment])
            client.reset()
        left.set()
        assert asked.result() >= 20


def test_vanished_connections_are_closed(service: Service) -> None:
    """Descriptors of vanished clients are given back."""
    for _ in range(300):
        client = Client(service.url)
        client.send(plain(1)[:-3])
        client.reset()
    service.wait(lambda found: open_descriptors(found) < 150, "descriptors given back")
