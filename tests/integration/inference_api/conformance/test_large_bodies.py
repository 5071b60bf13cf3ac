"""Bodies up to the limit are answered, beyond it refused in a way that the client can read."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from conversation import stays_open
from http_request import LARGEST_BODY, assert_predicts, chunked, plain, post
from service_process import Service
from sum_rows import row
from wire import Client, clients

REFUSAL = {"error": "too_large", "detail": f"the body is over the limit of {LARGEST_BODY} bytes", "fields": []}
TOO_LARGE = {
    "a byte over": post(b" " * (LARGEST_BODY + 1)),
    "three times": post(b" " * (3 * LARGEST_BODY)),
    "chunks": chunked(b" " * (LARGEST_BODY + 1), 1 << 14),
    "one chunk": chunked(b" " * (2 * LARGEST_BODY), 2 * LARGEST_BODY),
}


@pytest.mark.parametrize("size", [4095, 4096, 4097, 1 << 16, (1 << 16) + 1, 300_000, LARGEST_BODY - 1, LARGEST_BODY])
def test_large_rows_are_answered(size: int, service: Service) -> None:
    """A row of any size up to the limit is predicted, alone, in a pipeline, and in chunks."""
    large = row(9).ljust(size)
    with Client(service.url) as client:
        client.send(post(large) + plain(3) + post(large) + chunked(large, 1 << 15) + plain(4))
        for number, answer in zip((9, 3, 9, 9, 4), client.answers(5), strict=True):
            assert_predicts(answer, number)
        assert stays_open(client)


@pytest.mark.parametrize("kind", TOO_LARGE)
def test_refusal_can_be_read(kind: str, service: Service) -> None:
    """A client that sends all of a body over the limit before it reads gets 413 and keeps its connection."""
    with Client(service.url) as client:
        for _ in range(3):
            client.send(TOO_LARGE[kind])
            answer = client.answers(1)[0]
            assert (answer.status, answer.json, answer.closes) == (413, REFUSAL, False)
        assert stays_open(client)


def test_refusal_comes_before_the_body(service: Service) -> None:
    """A client that waits behind the head gets 413 without having sent the body, and may still send it."""
    request = TOO_LARGE["a byte over"]
    head = request.find(b"\r\n\r\n") + 4
    with Client(service.url) as client:
        client.send(request[:head])
        assert client.answers(1)[0].json == REFUSAL
        client.send(request[head:])
        assert stays_open(client)


def test_expectation_is_refused(service: Service) -> None:
    """A client that waits for `100 Continue` gets 413 instead; for a body within the limit it gets the 100."""
    with Client(service.url) as client:
        client.send(post(row(3), b"Expect: 100-continue"))
        answer = client.answers(1)[0]
        assert_predicts(answer, 3)
        assert answer.interim == ["HTTP/1.1 100 Continue"]
        client.send(post(b" " * (LARGEST_BODY + 1), b"Expect: 100-continue")[:-LARGEST_BODY])
        refused = client.answers(1)[0]
        assert (refused.json, refused.interim) == (REFUSAL, [])


def test_many_at_once(service: Service) -> None:
    """Large bodies of several clients, in pieces between each other's, are each answered as their own."""
    bodies = [post(row(number).ljust(200_000 + number)) for number in range(8)]
    with clients(service.url, 8) as several:
        for start in range(0, len(bodies[-1]), 50_000):
            for client, body in zip(several, bodies, strict=True):
                client.send(body[start : start + 50_000])
        for number, client in enumerate(several):
            assert_predicts(client.answers(1)[0], number)


def test_refusals_under_way_while_others_are_served(service: Service) -> None:
    """Clients that send too much do not disturb a client beside them."""

    def refuse(_client: int) -> int:
        with Client(service.url) as client:
            client.send(TOO_LARGE["three times"])
            return client.answers(1)[0].status

    with ThreadPoolExecutor(4) as pool, Client(service.url) as other:
        refused = [pool.submit(refuse, number) for number in range(8)]
        for number in range(50):
            other.send(plain(number))
            assert_predicts(other.answers(1)[0], number)
        assert [each.result() for each in refused] == [413] * 8
