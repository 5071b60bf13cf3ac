"""SIGTERM: what is in flight is answered, everybody is told, nobody new is let in."""

import signal
from contextlib import ExitStack
from time import monotonic, sleep

from slow_requests import assert_nearest, nearest, nearest_batch
from wire import Client, clients

from tests.integration.inference_api.conformance.conftest import Start

SHUTDOWN_SECONDS = 4
BUSY_ROWS = 100
IN_FLIGHT = 30


def test_answers_what_is_in_flight(start: Start, slow_model: str, lane: dict[str, str]) -> None:
    """Requests that were read are answered with `Connection: close`, idle connections end, then the process does.

    A client that never finishes its request is waited for until `SHUTDOWN_SECONDS`, no longer.
    """
    service = start(slow_model, **lane, SHUTDOWN_SECONDS=str(SHUTDOWN_SECONDS))
    with ExitStack() as opened:
        idle, busy, pipeline, half, never = opened.enter_context(clients(service.url, 5))
        idle.send(nearest(1))
        assert_nearest(idle.answers(1)[0], 1)
        flying = opened.enter_context(clients(service.url, IN_FLIGHT))
        busy.send(nearest_batch(BUSY_ROWS))
        for number, client in enumerate(flying):
            client.send(nearest(number))
        pipeline.send(b"".join(map(nearest, range(5))))
        half.send(nearest(7)[:-1])
        never.send(nearest(8)[:-1])
        assert service.client.get("/health").status_code == 200  # everything before it has been read by now
        service.process.send_signal(signal.SIGTERM)

        assert (idle.end(), idle.was_reset) == (b"", False)
        _assert_refused(service.url)
        half.send(nearest(7)[-1:])
        assert busy.answers(1)[0].json == {"predictions": [float(number) for number in range(BUSY_ROWS)]}
        for number, client in [*enumerate(flying), (7, half)]:
            answer = client.answers(1)[0]
            assert_nearest(answer, number)
            assert answer.closes
            assert client.end() == b""
        for number, answer in enumerate(pipeline.answers(5)):
            assert_nearest(answer, number)
            assert answer.closes == (number == 4)
        assert pipeline.end() == b""
        assert b" 200 OK" not in never.end()
    # uvicorn ends by the signal that it was sent, once everything is done.
    assert service.process.wait(SHUTDOWN_SECONDS + 20) in {0, -signal.SIGTERM}


def _assert_refused(url: str) -> None:
    """New connections are refused, at the latest when the server has looked at its signal."""
    deadline = monotonic() + 10
    while monotonic() < deadline:
        try:
            with Client(url):
                sleep(0.05)
        except ConnectionRefusedError:
            return
    raise AssertionError("connections are still accepted")
