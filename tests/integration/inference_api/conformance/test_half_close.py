"""Clients that say they will send no more, and go on reading."""

import pytest
from http_request import assert_predicts, batch, chunked, get, plain
from service_process import Service
from sum_rows import prediction, row
from wire import Client


@pytest.mark.parametrize("count", [1, 3, 300])
def test_lane_answers_after_the_end(count: int, lane_service: Service) -> None:
    """Requests before the client's FIN are answered by the lane, then the connection ends in order."""
    with Client(lane_service.url) as client:
        client.send(b"".join(map(plain, range(count))))
        client.half_close()
        for number, answer in enumerate(client.answers(count)):
            assert_predicts(answer, number)
        assert (client.end(), client.was_reset) == (b"", False)


def test_lane_answers_batches_after_the_end(lane_service: Service) -> None:
    """Batches before the client's FIN are answered by the lane, then the connection ends in order."""
    with Client(lane_service.url) as client:
        client.send(batch(row(1), row(2)) * 3)
        client.half_close()
        for answer in client.answers(3):
            assert answer.json == {"predictions": [prediction(1), prediction(2)]}
        assert (client.end(), client.was_reset) == (b"", False)


def test_lane_answers_what_was_whole(lane_service: Service) -> None:
    """Of a pipeline whose last request is cut by the FIN, the whole ones are answered."""
    with Client(lane_service.url) as client:
        client.send(plain(1) + plain(2) + plain(3)[:-1])
        client.half_close()
        for number, answer in enumerate(client.answers(2), 1):
            assert_predicts(answer, number)
        assert client.end() == b""


@pytest.mark.parametrize("request_", [plain(4), get(b"/health"), chunked(row(4), 9)], ids=["row", "GET", "chunked"])
def test_connection_ends(request_: bytes, service: Service) -> None:
    """After the client's FIN the server ends the connection too.

    (uvicorn gives no answer then when the FIN comes with the request; so may the route.)
    """
    with Client(service.url) as client:
        client.send(request_)
        client.half_close()
        assert client.end().count(b"HTTP/1.1 200 OK") <= 1


@pytest.mark.parametrize("place", [0, 1, 20, -9, -1])
def test_end_inside_a_request(place: int, service: Service) -> None:
    """A FIN inside a request, or before any, ends the connection without an answer."""
    with Client(service.url) as client:
        client.send(plain(4)[:place])
        client.half_close()
        assert (client.end(), client.was_reset) == (b"", False)


def test_end_after_answers(service: Service) -> None:
    """A FIN after everything was answered ends the connection in order."""
    with Client(service.url) as client:
        client.send(plain(4))
        assert_predicts(client.answers(1)[0], 4)
        client.half_close()
        assert (client.end(), client.was_reset) == (b"", False)
