"""Requests may arrive in any pieces, at any pace."""

from time import sleep

import pytest
from conversation import stays_open
from http_request import assert_predicts, batch, chunked, plain
from service_process import Service
from sum_rows import prediction, row
from wire import Client, clients

PAUSE_SECONDS = 0.001  # long enough for the server to see the piece alone, nearly always


@pytest.mark.parametrize("kind", ["plain", "chunked", "pair"])
def test_split_at_every_byte(kind: str, service: Service) -> None:
    """Wherever a request is cut, it is answered, and the connection goes on answering."""
    requests = {"plain": plain(5), "chunked": chunked(row(5), 9), "pair": plain(5) + plain(5)}[kind]
    with Client(service.url) as client:
        for place in range(1, len(requests)):
            client.send_pieces([(requests[:place], PAUSE_SECONDS), (requests[place:], 0)])
            for answer in client.answers(2 if kind == "pair" else 1):
                assert_predicts(answer, 5)
        for number in range(100):
            client.send(plain(number))
            assert_predicts(client.answers(1)[0], number)


def test_batch_split_at_every_byte(service: Service) -> None:
    """Wherever a batch is cut, it is answered as a whole."""
    request = batch(row(5), row(6))
    with Client(service.url) as client:
        for place in range(1, len(request)):
            client.send_pieces([(request[:place], PAUSE_SECONDS), (request[place:], 0)])
            assert client.answers(1)[0].json == {"predictions": [prediction(5), prediction(6)]}
        assert stays_open(client)


def test_byte_by_byte(service: Service) -> None:
    """A client that sends single bytes gets its answer; others are answered meanwhile."""
    with Client(service.url) as slow, Client(service.url) as quick:
        for number, byte in enumerate(plain(7) + plain(8)):
            slow.send(bytes([byte]))
            quick.send(plain(number))
            assert_predicts(quick.answers(1)[0], number)
        for number, answer in zip((7, 8), slow.answers(2), strict=True):
            assert_predicts(answer, number)
        assert stays_open(slow)


def test_many_unfinished_requests(service: Service) -> None:
    """Unfinished requests of many connections are each completed on their own connection."""
    with clients(service.url, 100) as several:
        for number, client in enumerate(several):
            client.send(plain(number)[: 1 + number])
        sleep(0.05)
        for number, client in reversed(list(enumerate(several))):
            client.send(plain(number)[1 + number :])
        for number, client in enumerate(several):
            assert_predicts(client.answers(1)[0], number)
            assert stays_open(client)
